// A long text is also in the title, because CSS cuts it off if it does not fit.
#include "admin/view_text.h"

#include <nlohmann/json.hpp>

namespace orderd::admin {
namespace {

constexpr std::size_t kTitleBytes = 12;

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&': html += "&amp;"; break;
      case '<': html += "&lt;"; break;
      case '>': html += "&gt;"; break;
      case '"': html += "&quot;"; break;
      case '\'': html += "&#39;"; break;
      case '\0': html += "�"; break;
      default: html += c;
    }
  }
  return html;
}

std::string_view name_of(Tone tone) {
  return kToneNames[static_cast<std::size_t>(tone)];
}

std::string attributes(const Cell& cell) {
  std::string html;
  if (cell.tone != Tone::kPlain) html += " class=\"" + std::string(name_of(cell.tone)) + "\"";
  if (cell.text.size() > kTitleBytes) html += " title=\"" + escaped(cell.text) + "\"";
  return html;
}

std::string html_of(const View::Figure& figure) {
  return "<span id=\"" + std::string(figure.id) + "\"" + attributes(figure.cell) + ">" + escaped(figure.cell.text) +
         "</span>";
}

std::string html_of(const View::Table& table) {
  std::string html;
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (const Cell& cell : row) html += "<td" + attributes(cell) + ">" + escaped(cell.text) + "</td>";
    html += "</tr>\n";
  }
  return html;
}

// The replacement for {{id}} in the page.
std::string part(const View& view, std::string_view id) {
  for (const View::Figure& each : view.figures) {
    if (each.id == id) return html_of(each);
  }
  for (const View::Table& each : view.tables) {
    if (each.id == id) return html_of(each);
  }
  for (const View::Path& each : view.paths) {
    if (each.id == id) return each.data;
  }
  return {};
}

nlohmann::json json_of(const Cell& cell) {
  return {cell.text, std::string(name_of(cell.tone))};
}

}  // namespace

std::string html_of(const View& view, std::string_view page) {
  std::string html;
  while (true) {
    const std::size_t begin = page.find("{{");
    html += page.substr(0, begin);
    if (begin == std::string_view::npos) return html;
    page.remove_prefix(begin + 2);
    const std::size_t end = page.find("}}");
    if (end == std::string_view::npos) return html;
    html += part(view, page.substr(0, end));
    page.remove_prefix(end + 2);
  }
}

std::string json_of(const View& view) {
  nlohmann::json made;
  for (const View::Figure& each : view.figures) made["figures"][std::string(each.id)] = json_of(each.cell);
  for (const View::Table& each : view.tables) {
    nlohmann::json rows = nlohmann::json::array();
    for (const auto& row : each.rows) {
      nlohmann::json cells = nlohmann::json::array();
      for (const Cell& cell : row) cells.push_back(json_of(cell));
      rows.push_back(std::move(cells));
    }
    made["tables"][std::string(each.id)] = std::move(rows);
  }
  for (const View::Path& each : view.paths) made["paths"][std::string(each.id)] = each.data;
  return made.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace orderd::admin
