#include "agent/session.hpp"

#include <gtest/gtest.h>

namespace dynascale::agent {
namespace {

class SessionTest : public testing::Test {
 protected:
  std::vector<wire::Message> sent_;
  std::vector<wire::Message> delivered_;
  Session session_{wire::Hello{wire::supported_versions, "agent", "boot", {}},
                   [this](const wire::Message& message) { sent_.push_back(message); },
                   [this](const wire::Message& message) { delivered_.push_back(message); }};
  wire::Hello host_{wire::supported_versions, "host", "", {}};
};

TEST_F(SessionTest, AnswersASyncAndGreetsAfterIt) {
  session_.take(wire::Sync{77});
  ASSERT_EQ(sent_.size(), 2U);
  EXPECT_EQ(std::get<wire::SyncReply>(sent_[0]).nonce, 77U);
  EXPECT_TRUE(std::holds_alternative<wire::Hello>(sent_[1]));
}

TEST_F(SessionTest, DeliversOnlyAfterAnAgreedHello) {
  session_.take(wire::ResizeDone{});
  EXPECT_TRUE(delivered_.empty());
  session_.take(host_);
  session_.take(wire::ResizeDone{});
  EXPECT_EQ(delivered_.size(), 1U);
}

TEST_F(SessionTest, RefusesAHostOfAnotherAge) {
  host_.versions = {7, 9};
  session_.take(host_);
  EXPECT_FALSE(session_.agreed());
  ASSERT_EQ(sent_.size(), 1U);
  EXPECT_EQ(std::get<wire::Fault>(sent_[0]).code, "unsupported");
  session_.take(wire::ResizeDone{});
  EXPECT_TRUE(delivered_.empty());
}

}  // namespace
}  // namespace dynascale::agent
