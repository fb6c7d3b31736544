// One visitor over the types of the table for each direction, and the rules for texts.
#include "settings/value.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/listen_address.h"
#include "order/keys.h"
#include "order/lanes.h"
#include "settings/duration.h"
#include "settings/text.h"
#include "valkey/endpoint.h"

namespace orderd::settings {
namespace {

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

// What is wrong with a value.
struct Problem {
  std::string what;       // empty: nothing
  bool complete = false;  // whether `what` also says what is allowed
};

Problem problem_of_whole(const Whole& type, std::string_view text, Settings& settings) {
  const bool negative = text.starts_with('-');
  if (!is_whole(text.substr(negative ? 1 : 0))) return {"is not a whole number"};
  const uint64_t value = to_whole(text);
  if (negative || value < type.min || value > type.max) return {"is out of range"};
  type.set(settings, value);
  return {};
}

Problem problem_of_duration(const Duration& type, std::string_view text, Settings& settings) {
  if (is_whole(text)) return {"has no unit"};
  const auto value = duration_of(text);
  if (!value) return {"is not a duration"};
  const bool zero = type.zero && *value == Milliseconds::zero();
  if (!zero && (*value < type.min || *value > type.max)) return {"is out of range"};
  type.set(settings, *value);
  return {};
}

Problem problem_of_choice(const Choice& type, std::string_view text, Settings& settings) {
  const auto found = std::find(type.names.begin(), type.names.end(), text);
  if (found == type.names.end()) return {"is not valid"};
  type.set(settings, static_cast<std::size_t>(found - type.names.begin()));
  return {};
}

Problem problem_of_bool(const Bool& type, std::string_view text, Settings& settings) {
  if (text != "true" && text != "false") return {"is not a boolean"};
  type.set(settings, text == "true");
  return {};
}

Problem problem_of_lanes(const std::string& text) {
  const auto lanes = order::Lanes::parse(text);
  return {lanes ? "" : lanes.error(), true};
}

// Only the dead-letter stream may be named relative to the orders stream. Elsewhere `<orders>` would be taken
// literally, which is never intended.
Problem problem_of_stream(std::string_view text) {
  if (text.find(order::kOrdersPlaceholder) == std::string_view::npos) return {};
  return {"<orders> is not allowed here, only in streams.dead and in keys", true};
}

Problem problem_of_template(std::string_view text, std::string_view placeholder) {
  return {order::KeyTemplate::parse(text, placeholder).ok() ? "" : "is not a key template"};
}

Problem problem_of_url(std::string_view text, Source source) {
  const auto servers = valkey::parse_urls(text);
  if (!servers) return {servers.error(), true};
  if (source == Source::kFlag && !servers->front().password.empty()) {
    return {"a password is not allowed on the command line; use valkey.password_file or the variable ORDERD_VALKEY_URL",
            true};
  }
  return {};
}

Problem problem_of_addresses(const std::string& text) {
  if (text.empty()) return {};
  const auto addresses = valkey::parse_addresses(text, valkey::kSentinelPort);
  return {addresses ? "" : addresses.error(), true};
}

Problem problem_of_listen(const std::string& text) {
  if (text.empty()) return {};
  const auto address = parse_listen_address(text);
  return {address ? "" : address.error()};
}

Problem problem_of_rule(Text::Rule rule, const std::string& text, Source source) {
  switch (rule) {
    case Text::Rule::kAny:
    case Text::Rule::kDeadStream:
    case Text::Rule::kPasswordFile: return {};  // cross_checks.h reads the one that is in force
    case Text::Rule::kUrl: return problem_of_url(text, source);
    case Text::Rule::kStream: return problem_of_stream(text);
    case Text::Rule::kLanes: return problem_of_lanes(text);
    case Text::Rule::kStockKey: return problem_of_template(text, "<sku>");
    case Text::Rule::kOrderKey: return problem_of_template(text, "<id>");
    case Text::Rule::kReplyKey: return problem_of_template(text, "<to>");
    case Text::Rule::kAddresses: return problem_of_addresses(text);
    case Text::Rule::kListen: return problem_of_listen(text);
  }
  ORDERD_CHECK(false, "unknown rule for a text");
}

Problem problem_of_text_value(const Text& type, const Given& given, Settings& settings) {
  const std::string& text = given.text;
  if (text.empty() && type.bytes_min > 0) return {"is empty"};
  if (text.size() > type.bytes_max) return {"is too long"};
  if (const char* problem = problem_of_text(text)) return {problem};
  if (auto problem = problem_of_rule(type.rule, text, given.source); !problem.what.empty()) return problem;
  type.field(settings) = text;
  return {};
}

std::string form_name(Given::Form form) {
  return form == Given::Form::kInteger ? "an integer" : form == Given::Form::kBoolean ? "a boolean" : "a string";
}

Problem problem_of_value(const Setting& row, const Given& given, Settings& settings) {
  using Form = Given::Form;
  const Form wanted = std::holds_alternative<Whole>(row.type)  ? Form::kInteger
                      : std::holds_alternative<Bool>(row.type) ? Form::kBoolean
                                                               : Form::kString;
  if (given.form != Form::kPlain && given.form != wanted) {
    return {"is " + (given.form == Form::kOther ? given.text : form_name(given.form)) + ", not " + form_name(wanted)};
  }
  return std::visit(Overloaded{[&](const Text& type) { return problem_of_text_value(type, given, settings); },
                               [&](const Whole& type) { return problem_of_whole(type, given.text, settings); },
                               [&](const Duration& type) { return problem_of_duration(type, given.text, settings); },
                               [&](const Choice& type) { return problem_of_choice(type, given.text, settings); },
                               [&](const Bool& type) { return problem_of_bool(type, given.text, settings); }},
                    row.type);
}

// The value for an error.
std::string shown(const Setting& row, const Given& given) {
  if (given.form == Given::Form::kOther) return "the value";
  if (given.form == Given::Form::kInteger || given.form == Given::Form::kBoolean) return given.text;
  return in_quotes(row.secret ? valkey::masked(given.text) : given.text);
}

}  // namespace

std::string assign(const Setting& row, const Given& given, Settings& settings) {
  const Problem problem = problem_of_value(row, given, settings);
  if (problem.what.empty()) return {};
  std::string error = shown(row, given);
  if (problem.complete) return error.append(": ").append(problem.what);
  error.append(" ").append(problem.what).append("; allowed: ").append(allowed(row));
  if (std::holds_alternative<Duration>(row.type)) error.append(", a whole number and a unit: ms, s, m or h");
  return error;
}

std::string allowed(const Setting& row) {
  const auto of_text = [](const Text& type) -> std::string {
    const std::string bytes = std::to_string(type.bytes_min) + " to " + std::to_string(type.bytes_max) + " bytes";
    switch (type.rule) {
      case Text::Rule::kUrl: return "valkey://[user:password@]host[:port][/db], unix:///path[?db=N], embedded:DIR";
      case Text::Rule::kStockKey: return bytes + " that contain <sku> once";
      case Text::Rule::kOrderKey: return bytes + " that contain <id> once";
      case Text::Rule::kReplyKey: return bytes + " that contain <to> once";
      case Text::Rule::kPasswordFile: return "the path of a file";
      case Text::Rule::kAddresses: return "host[:port], separated by commas";
      case Text::Rule::kLanes: return "names of letters, digits, '.', '_' and '-', separated by commas";
      case Text::Rule::kListen: return "127.0.0.1:9464, [::1]:9464, 0.0.0.0:9464 and the like; empty: off";
      default: return bytes + " without control characters";
    }
  };
  const auto of_duration = [](const Duration& type) {
    return (type.zero ? "0s, or " : "") + duration_text(type.min) + " to " + duration_text(type.max);
  };
  const auto of_choice = [](const Choice& type) {
    std::string out;
    for (const std::string_view name : type.names) out.append(out.empty() ? "" : ", ").append(name);
    return out;
  };
  return std::visit(Overloaded{of_text, of_duration, of_choice,
                               [](const Whole& type) {
                                 return "a whole number from " + std::to_string(type.min) + " to " +
                                        std::to_string(type.max);
                               },
                               [](const Bool& /*type*/) { return std::string("true, false"); }},
                    row.type);
}

std::string plain(const Setting& row, const Settings& settings) {
  return std::visit(Overloaded{[&](const Text& type) { return type.get(settings); },
                               [&](const Whole& type) { return std::to_string(type.get(settings)); },
                               [&](const Duration& type) { return duration_text(type.get(settings)); },
                               [&](const Choice& type) { return std::string(type.names[type.get(settings)]); },
                               [&](const Bool& type) { return std::string(type.get(settings) ? "true" : "false"); }},
                    row.type);
}

std::string literal(const Setting& row, const Settings& settings) {
  std::string text = plain(row, settings);
  if (std::holds_alternative<Whole>(row.type) || std::holds_alternative<Bool>(row.type)) return text;
  if (row.secret) {
    const auto servers = valkey::parse_urls(text);
    if (!servers) return toml_string(valkey::masked(text));
    if (!servers->front().password.empty()) return toml_string(valkey::redacted(*servers));
  }
  return toml_string(text);
}

}  // namespace orderd::settings
