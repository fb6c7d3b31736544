// No script, no font, no picture from elsewhere. Light or dark is the reader's choice.
#include "replay/page.h"

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace orderd::replay {
namespace {

using tools::Json;

constexpr const char* kHead = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>order-replay: report of a run</title>
<style>
:root { --paper: #fbfbfa; --card: #ffffff; --ink: #24292f; --soft: #656d76; --grid: #dfe3e8; --edge: #e3e6ea;
  --c0: #2563c9; --c1: #1a8a5a; --c2: #c78a00; --c3: #cc4b37; --c4: #7a51c4; --c5: #0f8aa6; --c6: #b8468c; --c7: #6b7280; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14171b; --card: #1c2026; --ink: #e3e7ec; --soft: #98a2ad; --grid: #333a43; --edge: #2b313a;
    --c0: #6ea3ff; --c1: #4cc38a; --c2: #e5b84b; --c3: #f07f6c; --c4: #b296f0; --c5: #55c3da; --c6: #e58bbf; --c7: #9aa3af; } }
body { margin: 0 auto; padding: 2rem 1.25rem 3rem; max-width: 62rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 1.25rem; } h2 { font-size: 1.05rem; margin: 0; }
p { margin: .15rem 0 .6rem; color: var(--soft); font-size: .9rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: .75rem; margin: 0 0 1rem; }
.facts div, section { background: var(--card); border: 1px solid var(--edge); border-radius: .6rem; }
.facts div { padding: .7rem .9rem; } .facts dt { color: var(--soft); font-size: .82rem; }
.facts dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
section { padding: 1rem 1.1rem .6rem; margin: 0 0 1rem; }
svg { display: block; width: 100%; height: auto; } svg g { color: var(--ink); }
svg text { fill: var(--ink); font-family: system-ui, sans-serif; }
footer { color: var(--soft); font-size: .82rem; }
</style>
</head>
<body>
<h1>Report of a run</h1>
)";

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      default: out.push_back(c);
    }
  }
  return out;
}

std::string formatted(const char* format, double value) {
  std::array<char, 64> text;
  (void)std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string fact(const std::string& name, const std::string& value) {
  return "<div><dt>" + name + "</dt><dd>" + value + "</dd></div>\n";
}

std::string facts_of(const Json& summary) {
  const Json latency = summary.value("latency_us", Json::object());
  std::string out = "<dl class=\"facts\">\n";
  out += fact("requests pushed", formatted("%.0f", summary.value("pushed", 0.0)));
  out += fact("pushed each second", formatted("%.0f", summary.value("push_rate", 0.0)));
  out += fact("results each second", formatted("%.0f", summary.value("result_rate", 0.0)));
  out += fact("without a result", formatted("%.0f", summary.value("missing", 0.0)));
  for (const auto& [key, name] : {std::pair("p50", "latency, half"), std::pair("p99", "latency, 99%"),
                                  std::pair("p99_9", "latency, 99.9%"), std::pair("max", "latency, slowest")}) {
    out += fact(name, tools::duration_text(std::chrono::nanoseconds(std::llround(latency.value(key, 0.0) * 1e3))));
  }
  return out + "</dl>\n";
}

// Inside of a page an SVG has no XML declaration.
std::string without_declaration(const std::string& svg) {
  const std::size_t begin = svg.find("<svg");
  return begin == std::string::npos ? "" : svg.substr(begin);
}

}  // namespace

std::string page_of(const Json& summary, const std::vector<Picture>& pictures) {
  std::string page = kHead + facts_of(summary);
  for (const Picture& picture : pictures) {
    page += "<section>\n<h2>" + escaped(picture.title) + "</h2>\n<p>" + escaped(picture.caption) + "</p>\n" +
            without_declaration(picture.svg) + "</section>\n";
  }
  page += "<footer>Requests " + escaped(summary.value("first", Json()).dump()) + " to " +
          escaped(summary.value("last", Json()).dump()) +
          ". Percentiles are at most 0.4% above the value. Drawn by order-replay " ORDERD_VERSION ".</footer>\n";
  return page + "</body>\n</html>\n";
}

}  // namespace orderd::replay
