#include "order-replay/csv.h"

#include <doctest/doctest.h>

#include <fstream>

#include "support/temporary_directory.h"

namespace orderd::replay {

TEST_CASE("what a spreadsheet takes for a formula gets an apostrophe") {
  for (const std::string text : {"=1+1", "+5", "-5", "@SUM(A1)", "\tx", "\rx", "'x"}) {
    CHECK(csv_text(text) == "\"'" + text + "\"");
  }
  CHECK(csv_text("shoe-5") == "\"shoe-5\"");
  CHECK(csv_text("5") == "\"5\"");
  CHECK(csv_text("") == "\"\"");
  CHECK(csv_text("=\"a\",b") == "\"'=\"\"a\"\",b\"");
}

TEST_CASE("texts are read as they were written and numbers stay numbers") {
  const test::TemporaryDirectory directory;
  const std::string file = directory.file("f.csv");
  const std::vector<std::string> texts = {"=1+1", "+5", "-5", "@a", "'x", "''x", "'=x", "a,b", "\"", "", "shoe"};
  std::ofstream stream(file);
  stream << "text,number\n";
  for (const std::string& text : texts) stream << csv_text(text) << ",-1.5\n";
  stream.close();
  const auto rows = read_csv(file, 2);
  REQUIRE(rows.ok());
  REQUIRE(rows->size() == texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CHECK((*rows)[i][0] == texts[i]);
    CHECK(value_of((*rows)[i][1]) == -1.5);
  }
}

}  // namespace orderd::replay
