#include "hostd/requests.hpp"

#include <gtest/gtest.h>

namespace dynascale::hostd {
namespace {

const Limits limits{VcpuCount{1}, VcpuCount{8}, Bytes::gib(1), Bytes::gib(8)};

TEST(OpinionOfRequests, IsNoneWithoutRequests) { EXPECT_FALSE(opinion_of_requests({}, limits)); }

TEST(OpinionOfRequests, IsTheLargestWishOfEachResource) {
  wire::Report report;
  report.requests = {{"user 7", "import", 4, {}, 60000}, {"registered:a", "", 2, Bytes::gib(3).count(), 1000}};
  const auto opinion = opinion_of_requests(report, limits);
  ASSERT_TRUE(opinion);
  EXPECT_EQ(opinion->vcpus, VcpuCount{4});
  EXPECT_EQ(opinion->memory, Bytes::gib(3));
  ASSERT_EQ(opinion->reasons.size(), 2U);
  EXPECT_NE(opinion->reasons[0].text.find("import"), std::string::npos);
}

TEST(OpinionOfRequests, NeverWidensTheLimits) {
  wire::Report report;
  report.requests = {{"liar", "", 4'000'000'000U, UINT64_MAX, 1000}};
  const auto opinion = opinion_of_requests(report, limits);
  EXPECT_EQ(opinion->vcpus, limits.vcpus_max);
  EXPECT_EQ(opinion->memory, limits.memory_max);
}

TEST(OpinionOfRequests, LeavesWhatNobodyAsksForToOthers) {
  wire::Report report;
  report.requests = {{"user 7", "", 4, {}, 1000}};
  EXPECT_EQ(opinion_of_requests(report, limits)->memory, Bytes{});
}

}  // namespace
}  // namespace dynascale::hostd
