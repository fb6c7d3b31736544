// The thread and its mailbox. While the thread runs, only it touches the core.
#include "chaos/fault_proxy.h"

#include <future>
#include <mutex>
#include <vector>

#include "chaos/proxy_core.h"
#include "loop/loop.h"

namespace orderd::test {

struct FaultProxy::Mailbox {
  Loop loop;
  HandlePtr<uv_async_t> wake{new uv_async_t};
  std::mutex mutex;
  std::vector<std::packaged_task<void()>> letters;

  Mailbox() {
    ORDERD_CHECK(uv_async_init(loop.raw(), wake.get(), on_wake) == 0, "uv_async_init failed");
    wake->data = this;
  }

  static void on_wake(uv_async_t* handle) {
    if (handle->data == nullptr) return;
    auto& self = *static_cast<Mailbox*>(handle->data);
    std::vector<std::packaged_task<void()>> letters;
    {
      const std::lock_guard<std::mutex> guard(self.mutex);
      letters.swap(self.letters);
    }
    for (auto& letter : letters) letter();
  }
};

FaultProxy::FaultProxy(const valkey::Endpoint& upstream, uint64_t seed)
    : upstream_(upstream),
      mailbox_(std::make_unique<Mailbox>()),
      core_(std::make_unique<ProxyCore>(mailbox_->loop, upstream, seed)),
      thread_([this] { mailbox_->loop.run(); }) {
}

FaultProxy::~FaultProxy() {
  on_loop([this](ProxyCore&) { mailbox_->loop.stop(); });
  thread_.join();
}

void FaultProxy::on_loop(const std::function<void(ProxyCore&)>& act) {
  std::packaged_task<void()> letter([&] { act(*core_); });
  std::future<void> done = letter.get_future();
  {
    const std::lock_guard<std::mutex> guard(mailbox_->mutex);
    mailbox_->letters.push_back(std::move(letter));
  }
  ORDERD_CHECK(uv_async_send(mailbox_->wake.get()) == 0, "uv_async_send failed");
  done.get();
}

valkey::Endpoint FaultProxy::endpoint() const {
  valkey::Endpoint endpoint = upstream_;
  endpoint.kind = valkey::Endpoint::Kind::kTcp;
  endpoint.host = "127.0.0.1";
  endpoint.port = core_->port();
  endpoint.path.clear();
  return endpoint;
}

std::string FaultProxy::url() const {
  return "valkey://127.0.0.1:" + std::to_string(core_->port());
}

void FaultProxy::set(Direction direction, const LinkFaults& faults) {
  on_loop([&](ProxyCore& core) { core.set(direction, faults); });
}

void FaultProxy::set_both(const LinkFaults& faults) {
  on_loop([&](ProxyCore& core) {
    core.set(Direction::kToServer, faults);
    core.set(Direction::kToClient, faults);
  });
}

void FaultProxy::set_door(Door door) {
  on_loop([&](ProxyCore& core) { core.set_door(door); });
}

void FaultProxy::flap(std::chrono::milliseconds up, std::chrono::milliseconds down) {
  on_loop([&](ProxyCore& core) { core.flap(up, down); });
}

void FaultProxy::stop_flapping() {
  on_loop([](ProxyCore& core) { core.stop_flapping(); });
}

void FaultProxy::reset(Which which) {
  on_loop([&](ProxyCore& core) {
    core.each(which, [&](ProxyConnection& connection) {
      core.note_played("reset");
      connection.end(ProxyConnection::End::kReset);
    });
  });
}

void FaultProxy::close(Which which) {
  on_loop([&](ProxyCore& core) {
    core.each(which, [&](ProxyConnection& connection) {
      core.note_played("close");
      connection.end(ProxyConnection::End::kClose);
    });
  });
}

void FaultProxy::reset_after(Direction direction, uint64_t bytes, Which which) {
  on_loop([&](ProxyCore& core) {
    core.each(which, [&](ProxyConnection& connection) { connection.reset_after(direction, bytes); });
  });
}

uint64_t FaultProxy::reset_somewhere(Direction direction, uint64_t bytes_max, Which which) {
  uint64_t bytes = 0;
  on_loop([&](ProxyCore& core) {
    bytes = 1 + core.random(bytes_max);
    core.each(which, [&](ProxyConnection& connection) { connection.reset_after(direction, bytes); });
  });
  return bytes;
}

void FaultProxy::half_close(Direction direction, Which which) {
  on_loop([&](ProxyCore& core) {
    core.each(which, [&](ProxyConnection& connection) {
      core.note_played("half_close");
      connection.half_close(direction);
    });
  });
}

void FaultProxy::inject(std::string bytes, Which which) {
  on_loop([&](ProxyCore& core) {
    core.each(which, [&](ProxyConnection& connection) {
      core.note_played("inject");
      connection.inject(bytes);
    });
  });
}

FaultProxy::TriggerId FaultProxy::add(const Trigger& trigger) {
  trigger.check();
  TriggerId id = 0;
  on_loop([&](ProxyCore& core) { id = core.add(trigger); });
  return id;
}

uint64_t FaultProxy::fired(TriggerId trigger) {
  uint64_t fired = 0;
  on_loop([&](ProxyCore& core) { fired = core.fired(trigger); });
  return fired;
}

void FaultProxy::release(TriggerId trigger) {
  on_loop([&](ProxyCore& core) { core.release(trigger); });
}

void FaultProxy::remove(TriggerId trigger) {
  on_loop([&](ProxyCore& core) { core.remove(trigger); });
}

void FaultProxy::heal() {
  on_loop([](ProxyCore& core) { core.heal(); });
}

ProxyStats FaultProxy::stats() {
  ProxyStats stats;
  on_loop([&](ProxyCore& core) { stats = core.stats(); });
  return stats;
}

FaultProxy::Which FaultProxy::connection_of(std::string_view first) {
  Which which;
  on_loop([&](ProxyCore& core) { which = core.connection_of(first); });
  return which;
}

uint64_t FaultProxy::commands(std::string_view first) {
  uint64_t count = 0;
  on_loop([&](ProxyCore& core) { count = core.commands(first); });
  return count;
}

}  // namespace orderd::test
