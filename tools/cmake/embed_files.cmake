# Writes NAME.h and NAME.cpp: each source file as a constant, page.css as page_css.
# Called as: cmake "-DSOURCES=a.html;b.css" -DNAMESPACE=orderd::admin -DOUTPUT=DIR/NAME -P embed_files.cmake
get_filename_component(name "${OUTPUT}" NAME)
set(header "// Made at build time.\n#pragma once\n\n#include <string_view>\n\nnamespace ${NAMESPACE} {\n")
set(body "// Made at build time.\n#include \"${name}.h\"\n\nnamespace ${NAMESPACE} {\n")
foreach(source IN LISTS SOURCES)
  get_filename_component(constant "${source}" NAME)
  string(REPLACE "." "_" constant "${constant}")
  file(READ "${source}" text)
  string(APPEND header "extern const std::string_view ${constant};\n")
  string(APPEND body "const std::string_view ${constant} = R\"EMBEDDED(${text})EMBEDDED\";\n")
endforeach()
file(WRITE "${OUTPUT}.h" "${header}}  // namespace ${NAMESPACE}\n")
file(WRITE "${OUTPUT}.cpp" "${body}}  // namespace ${NAMESPACE}\n")
