# Writes scripts.h and scripts.cpp: each file of lua/ as a constant of its name.
# Called as: cmake -DSOURCES=a.lua;b.lua -DOUTPUT=DIR -P embed_lua.cmake
set(header "// Made from lua/ at build time.\n#pragma once\n\n#include <string_view>\n\nnamespace orderd::lua {\n")
set(body "// Made from lua/ at build time.\n#include \"lua/scripts.h\"\n\nnamespace orderd::lua {\n")
foreach(source IN LISTS SOURCES)
  get_filename_component(name "${source}" NAME_WE)
  file(READ "${source}" text)
  string(APPEND header "extern const std::string_view ${name};\n")
  string(APPEND body "const std::string_view ${name} = R\"LUASCRIPT(${text})LUASCRIPT\";\n")
endforeach()
string(APPEND header "}  // namespace orderd::lua\n")
string(APPEND body "}  // namespace orderd::lua\n")
file(WRITE "${OUTPUT}/scripts.h" "${header}")
file(WRITE "${OUTPUT}/scripts.cpp" "${body}")
