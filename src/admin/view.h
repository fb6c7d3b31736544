// The status page's figures as texts: once as HTML (view_text.h), then repeatedly as JSON for the page's script. Each
// has the ID of the element of page.html that shows it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "admin/rates.h"
#include "admin/snapshot.h"

namespace orderd::admin {

// How a text looks: a CSS class of page.css.
enum class Tone { kPlain, kGood, kWarn, kBad, kMuted };
inline constexpr std::string_view kToneNames[] = {"", "good", "warn", "bad", "muted"};

struct Cell {
  std::string text;  // any bytes: producers choose IDs and SKUs
  Tone tone = Tone::kPlain;
};

struct View {
  struct Figure {
    std::string_view id;
    Cell cell;
  };
  struct Table {
    std::string_view id;
    std::vector<std::vector<Cell>> rows;
  };
  struct Path {
    std::string_view id;
    std::string data;  // an SVG path
  };
  std::vector<Figure> figures;
  std::vector<Table> tables;
  std::vector<Path> paths;
};

// `now_ms`: this machine's time of day, since 1970.
[[nodiscard]] View make_view(const Snapshot& snapshot, const Rates& rates, uint64_t now_ms);

}  // namespace orderd::admin
