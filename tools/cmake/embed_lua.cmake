# Writes scripts.h and scripts.cpp: each file of lua/ as a constant of its name; and the texts with comments as NAME.lua,
# for luacheck and for measuring. A line "-- include lib/NAME.lua" is replaced by that file, so that shared functions exist
# once in the tree, while each script is one text for the server.
# Called as: cmake -DSOURCES=a.lua;b.lua -DOUTPUT=DIR -P embed_lua.cmake
set(header "// Made from lua/ at build time.\n#pragma once\n\n#include <string_view>\n\nnamespace orderd::lua {\n")
set(body "// Made from lua/ at build time.\n#include \"lua/scripts.h\"\n\nnamespace orderd::lua {\n")
foreach(source IN LISTS SOURCES)
  get_filename_component(name "${source}" NAME_WE)
  get_filename_component(directory "${source}" DIRECTORY)
  file(READ "${source}" text)
  while(text MATCHES "\n-- include (lib/[a-z_]+\\.lua)\n")
    set(line "${CMAKE_MATCH_0}")
    file(READ "${directory}/${CMAKE_MATCH_1}" included)
    string(REPLACE "${line}" "\n${included}" text "${text}")
  endwhile()
  file(WRITE "${OUTPUT}/${name}.lua" "${text}")
  # Comments, except the title, are removed: half of the bytes sent at each connect.
  string(REGEX MATCH "^[^\n]*\n[^\n]*" title "${text}")
  string(LENGTH "${title}" title_length)
  string(SUBSTRING "${text}" ${title_length} -1 text)
  string(REGEX REPLACE "\n *--[^\n]*" "" text "${text}")
  string(PREPEND text "${title}")
  string(APPEND header "extern const std::string_view ${name};\n")
  string(APPEND body "const std::string_view ${name} = R\"LUASCRIPT(${text})LUASCRIPT\";\n")
endforeach()
string(APPEND header "}  // namespace orderd::lua\n")
string(APPEND body "}  // namespace orderd::lua\n")
# Many files include the header, so it is rewritten only when the names change.
file(WRITE "${OUTPUT}/scripts.h.new" "${header}")
file(COPY_FILE "${OUTPUT}/scripts.h.new" "${OUTPUT}/scripts.h" ONLY_IF_DIFFERENT)
file(WRITE "${OUTPUT}/scripts.cpp" "${body}")
