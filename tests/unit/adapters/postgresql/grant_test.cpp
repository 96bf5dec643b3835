/// The rights that the documentation tells people to grant, against those that the adapter needs.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "adapters/postgresql/plan.hpp"

namespace dynascale::postgresql {
namespace {

/// The parameters of every "GRANT ALTER SYSTEM ON PARAMETER a, b TO …" (or "`…`" without a role) in a file.
std::set<std::string, std::less<>> granted_in(const std::string& file) {
  std::ostringstream content;
  content << std::ifstream{std::string{DYNASCALE_SOURCE_DIR "/"} + file}.rdbuf();
  const auto text = content.str();
  constexpr std::string_view statement = "GRANT ALTER SYSTEM ON PARAMETER";
  std::set<std::string, std::less<>> names;
  for (auto at = text.find(statement); at != std::string::npos; at = text.find(statement, at + 1)) {
    auto list = text.substr(at + statement.size(), text.find_first_of(";`", at) - at - statement.size());
    std::ranges::replace(list, ',', ' ');
    std::istringstream words{list};
    for (std::string word; words >> word && word != "TO";) names.insert(word);
  }
  return names;
}

TEST(PostgresqlGrant, NamesExactlyWhatTheAdapterSets) {
  const auto followed = followed_settings();
  std::set<std::string, std::less<>> wanted{followed.begin(), followed.end()};
  // A parameter of PostgreSQL 18 only: the statement fails on older servers, so it stands on the adapter's page.
  EXPECT_EQ(granted_in("docs/adapters/postgresql.md"), (std::set<std::string, std::less<>>{"io_workers"}));
  ASSERT_EQ(wanted.erase("io_workers"), 1U);
  EXPECT_EQ(granted_in("README.md"), wanted);
  EXPECT_EQ(granted_in("tests/guest/recipe/postgresql.sql"), wanted) << "the tests' guest is set up as documented";
}

}  // namespace
}  // namespace dynascale::postgresql
