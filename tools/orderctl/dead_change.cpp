// Each letter is one call of lua/letter.lua. What to push is made here: a letter never changes while it is there.
#include "lua/scripts.h"
#include "order/decode.h"
#include "orderctl/dead.h"
#include "shared/json.h"
#include "valkey/error.h"

namespace orderd::tools {
namespace {

using valkey::Command;

// How far back the results are searched for what happened to a letter.
constexpr std::size_t kSearched = 100'000;

class Changer {
 public:
  Changer(const Context& context, const LetterChange& change, Client& client)
      : context_(context), change_(change), client_(client), decoder_(context.settings.limits()) {}

  // False: this letter was not changed, and why was said. A failure: the others cannot be changed either.
  Result<bool> run(const std::string& id) {
    const auto reply = client_.ask(Command::of("XRANGE", dead_, id, id));
    if (!reply) return reply.failure();
    const auto entries = entries_of(reply->view());
    if (entries.empty()) return gone(id);
    const auto letter = letter_of(entries.front());
    if (!letter) return refuse(id, "it is not a dead letter of orderd; XDEL removes it");
    if (change_.requeue && !letter->whole()) {
      return refuse(id, "the request was too large for its letter, and the rest is missing (" + shown(letter->detail) +
                            "). Have its producer push it again");
    }
    order::Fields fields = change_.requeue ? corrected(*letter) : order::Fields();
    std::string detail;
    if (change_.requeue && !decoder_.decode(fields, request_, detail)) {
      return refuse(id, "it would be malformed again: " + detail + ". Correct it with --set NAME=VALUE");
    }
    return send(id, fields);
  }

 private:
  Result<bool> send(const std::string& id, const order::Fields& fields) {
    std::string names;
    for (const std::string& text : change_.set) names.append(names.empty() ? "" : ", ").append(name_of(text));
    std::vector<std::string_view> arguments = {change_.requeue ? "requeue" : "discard", id, change_.reason, names};
    arguments.insert(arguments.end(), fields.begin(), fields.end());
    const auto& streams = context_.settings.streams;
    const auto reply = client_.run(lua::letter, {dead_, streams.results, streams.orders}, arguments);
    if (!reply) {
      return Failure{reply.error() + "; it is unknown whether " + id +
                     " was changed. If it is gone (orderctl dead show " + id + "), it was"};
    }
    if (valkey::first_word((*reply)->text()) == "GONE") return gone(id);
    if ((*reply)->is_error()) return Failure{id + ": " + client_.explain((*reply)->text())};
    const std::string request((*reply)->at(0).text());
    const std::string entry((*reply)->at(1).text());
    if (context_.json) {
      print_json({{"letter", id}, {"change", arguments[0]}, {"request", or_null(request)}, {"entry", entry}});
    } else {
      print(id + ": " + (change_.requeue ? "requeued as request " + request : "discarded") + "\n");
    }
    return true;
  }

  static std::string_view name_of(std::string_view setting) { return setting.substr(0, setting.find('=')); }
  static std::string_view value_of(std::string_view setting) { return setting.substr(setting.find('=') + 1); }

  // The letter's fields with those of --set, each once.
  [[nodiscard]] order::Fields corrected(const Letter& letter) const {
    order::Fields fields;
    std::vector<bool> used(change_.set.size());
    for (const auto& [name, value] : letter.raw) {
      bool kept = true;
      for (std::size_t i = 0; i < used.size(); ++i) {
        if (name_of(change_.set[i]) != name) continue;
        kept = false;
        if (!used[i]) fields.insert(fields.end(), {name, value_of(change_.set[i])});
        used[i] = true;
      }
      if (kept) fields.insert(fields.end(), {name, value});
    }
    for (std::size_t i = 0; i < used.size(); ++i) {
      if (!used[i]) fields.insert(fields.end(), {name_of(change_.set[i]), value_of(change_.set[i])});
    }
    return fields;
  }

  static bool refuse(const std::string& id, const std::string& why) {
    note(id + ": " + why);
    return false;
  }

  // Reports what happened to a letter that does not exist.
  Result<bool> gone(const std::string& id) {
    std::string what;
    EntryPages results(client_, context_.settings.streams.results, {id, "+", true});
    for (std::size_t left = kSearched; left > 0 && what.empty();) {
      const auto page = results.next();
      if (!page) return page.failure();
      if (page->empty()) break;
      for (const Entry& entry : *page) {
        if (entry.field("status") != "letter" || entry.field("letter") != id) continue;
        what = entry.field("change") == "requeue" ? "was requeued before, as request " + shown(entry.field("pushed"))
                                                  : "was discarded before";
        what += " (" + shown(entry.field("reason")) + "), see result " + shown(entry.id);
        break;
      }
      left -= std::min(left, page->size());
    }
    return refuse(
        id, what.empty() ? "there is no such dead letter, and the results do not show what happened to it" : what);
  }

  const Context& context_;
  const LetterChange& change_;
  Client& client_;
  const std::string dead_ = context_.settings.dead();
  order::Decoder decoder_;
  order::Request request_;
};

}  // namespace

Result<int> change_letters(const Context& context, const LetterChange& change) {
  auto client = Client::connect(context.settings);
  if (!client) return client.failure();
  Changer changer(context, change, *client);
  bool good = true;
  for (const std::string& id : change.ids) {
    const auto changed = changer.run(id);
    if (!changed) return changed.failure();
    good = *changed && good;
  }
  return good ? kDone : kFailed;
}

}  // namespace orderd::tools
