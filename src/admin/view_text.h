// A view as HTML and as JSON.
#pragma once

#include <string>
#include <string_view>

#include "admin/view.h"

namespace orderd::admin {

// The page: `page` with each {{id}} replaced by the figure, the rows or the path of that ID. It is complete without
// JavaScript. Texts are escaped: nothing in them is markup.
[[nodiscard]] std::string html_of(const View& view, std::string_view page);
// One line: {"figures":{id:[text,tone]},"tables":{id:[[[text,tone]]]},"paths":{id:data}}. Always valid UTF-8.
[[nodiscard]] std::string json_of(const View& view);

}  // namespace orderd::admin
