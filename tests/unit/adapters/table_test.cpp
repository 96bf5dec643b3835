/// The pages of docs/adapters against the table. DYNASCALE_UPDATE_GOLDEN=1 writes the generated one anew.

#include "adapters/table.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace dynascale {
namespace {

const std::filesystem::path pages = DYNASCALE_SOURCE_DIR "/docs/adapters";

std::string content_of(const std::filesystem::path& path) {
  std::ostringstream content;
  content << std::ifstream{path}.rdbuf();
  return content.str();
}

TEST(AdapterTable, IsWhatTheDocumentationShows) {
  const Files files;
  const auto page = describe_table(all_adapters(files, {}));
  if (std::getenv("DYNASCALE_UPDATE_GOLDEN") != nullptr) std::ofstream{pages / "README.md"} << page;
  EXPECT_EQ(content_of(pages / "README.md"), page);
}

TEST(AdapterTable, EveryRowHasAPageWithItsRightsAndSettings) {
  const Files files;
  for (const auto& adapter : all_adapters(files, {})) {
    const std::string name{adapter->info().name};
    const auto page = content_of(pages / (name + ".md"));
    EXPECT_NE(page.find("\n## Rights\n"), std::string::npos) << name << ".md has no section 'Rights'";
    EXPECT_NE(page.find("\n## Settings\n"), std::string::npos) << name << ".md has no section 'Settings'";
  }
}

}  // namespace
}  // namespace dynascale
