#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include "ctl/top.hpp"

namespace dynascale::ctl {
namespace {

std::string guest(const std::string& name, double busy, const std::string& more = "") {
  return fmt::format(R"({{"name":"{}","mode":"auto","resize":"idle","size":{{"vcpus":2,"memory_bytes":1073741824}},
    "max":{{"vcpus":4,"memory_bytes":2147483648}},"load":{{"busy_vcpus":{},"memory_available_bytes":536870912}}{}}})",
                     name, busy, more);
}

boost::json::object status(const std::vector<std::string>& guests) {
  return boost::json::parse(fmt::format(R"({{"host":{{"limit":{{"vcpus":8}},"granted":{{"vcpus":4}}}},"guests":[{}]}})",
                                        fmt::join(guests, ",")))
      .as_object();
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all{""};
  for (const char letter : text)
    if (letter == '\n')
      all.emplace_back();
    else
      all.back() += letter;
  return all;
}

TEST(TopText, ShowsSizeAndUseOfEachGuest) {
  const auto text = top_text(status({guest("web1", 1.5)}), {120, 24});
  for (const auto* part : {"web1", "1.50", "2/4", "512M", "1.0G/2.0G", "idle", "granted 4 vCPUs"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text;
}

TEST(TopText, ThoseThatWaitOrChangeComeFirstThenTheBusiest) {
  const auto waits = guest("waits", 0.1, R"(,"share":{"waiting":{"why":"the host is full"}})");
  const auto all = lines(top_text(status({guest("idle", 0.1), guest("busy", 1.9), waits}), {120, 24}));
  ASSERT_EQ(all.size(), 5U);
  EXPECT_TRUE(all[2].starts_with("waits"));
  EXPECT_NE(all[2].find("the host is full"), std::string::npos);
  EXPECT_TRUE(all[3].starts_with("busy"));
  EXPECT_TRUE(all[4].starts_with("idle"));
}

TEST(TopText, FitsTheScreenAndSaysHowManyDoNot) {
  std::vector<std::string> guests;
  for (int i = 0; i < 50; ++i) guests.push_back(guest("guest-with-a-very-long-name-" + std::to_string(i), i / 50.0));
  for (const auto& screen : {Screen{40, 10}, Screen{80, 24}, Screen{20, 3}}) {
    const auto all = lines(top_text(status(guests), screen));
    EXPECT_LE(all.size(), std::max<std::size_t>(screen.rows, 3));
    for (const auto& line : all) EXPECT_LE(line.size(), screen.columns);
    EXPECT_TRUE(screen.rows < 4 || all.back().starts_with("and ")) << all.back();
  }
}

TEST(TopText, NoNameMovesTheCursor) {
  const auto text = top_text(status({guest("\\u001b[2Jevil\\u0007", 1), guest("zoë", 1), guest("\xC2\x9B" "2J", 1)}),
                             {120, 24});
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\xC2\x9B"), std::string::npos);
  EXPECT_EQ(text.find('\x07'), std::string::npos);
  EXPECT_NE(text.find("zoë"), std::string::npos);
}

TEST(TopText, SurvivesAnAnswerOfAnotherVersion) {
  EXPECT_NO_THROW(static_cast<void>(
      top_text(boost::json::parse(R"({"host":7,"guests":[7,{"name":7}]})").as_object(), {80, 24})));
  EXPECT_NE(top_text({}, {80, 24}).find("no guest runs"), std::string::npos);
}

}  // namespace
}  // namespace dynascale::ctl
