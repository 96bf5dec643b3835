/// Patterns are compiled when they are first asked, so nothing else would tell that one is broken.

#include <gtest/gtest.h>

#include "check/catalog/catalog.hpp"

namespace dynascale::check {
namespace {

void expect_compiles(const std::string& rule, const std::optional<Pattern>& pattern) {
  if (!pattern) return;
  EXPECT_NO_THROW(static_cast<void>(pattern->compiled())) << rule << ": " << pattern->expression();
}

TEST(Patterns, OfEveryRuleCompile) {
  const auto catalog = load_catalog();
  ASSERT_TRUE(catalog) << catalog.error().what;
  for (const auto& rule : catalog->rules()) {
    for (const auto& match : rule.sources) {
      for (const auto& pattern : {match.value, match.arguments, match.receiver, match.text, match.path})
        expect_compiles(rule.id, pattern);
    }
    for (const auto& match : rule.settings) {
      for (const auto& pattern : {match.value, match.section, match.path}) expect_compiles(rule.id, pattern);
    }
    for (const auto& match : rule.commands) expect_compiles(rule.id, match.words);
  }
}

TEST(Patterns, IgnoreCaseOnlyWhenTheySay) {
  EXPECT_TRUE(Pattern{"(?i)^auto$"}.occurs_in("AUTO"));
  EXPECT_FALSE(Pattern{"^auto$"}.occurs_in("AUTO"));
  EXPECT_THROW(static_cast<void>(Pattern{"("}.compiled()), std::regex_error);
}

}  // namespace
}  // namespace dynascale::check
