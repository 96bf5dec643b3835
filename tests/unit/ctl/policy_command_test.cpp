#include "ctl/policy_command.hpp"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

namespace dynascale::ctl {
namespace {

TEST(PolicyRequest, IsChangesOrAWholeElement) {
  const auto changes = policy_request("", {"vcpus.max=8", "mode=", "schedule.day.start=0 8 * * *"});
  EXPECT_EQ(boost::json::serialize(changes.value()),
            R"({"set":{"vcpus.max":"8","mode":"","schedule.day.start":"0 8 * * *"}})");
  EXPECT_EQ(boost::json::serialize(policy_request("<policy/>", {}).value()), R"({"xml":"<policy/>"})");
}

TEST(PolicyRequest, NamesEveryMistake) {
  const auto wrong = policy_request("", {"vcpus.max", "=8", "mode=off", "mode=auto"});
  ASSERT_FALSE(wrong);
  for (const auto* part : {"'vcpus.max'", "'=8'", "mode is given twice"})
    EXPECT_NE(wrong.error().what.find(part), std::string::npos) << wrong.error().what;
  EXPECT_FALSE(policy_request("", {}));
  EXPECT_FALSE(policy_request("<policy/>", {"mode=off"}));
}

}  // namespace
}  // namespace dynascale::ctl
