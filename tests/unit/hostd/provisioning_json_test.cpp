#include "hostd/provisioning_json.hpp"

#include <gtest/gtest.h>

namespace dynascale::hostd {
namespace {

UsagePoint point(std::int64_t start_s, std::uint16_t vcpus, double busy, unsigned lacking = 0) {
  history::Observation seen;
  seen.size = {VcpuCount{vcpus}, Bytes::gib(8)};
  seen.wanted = {VcpuCount{static_cast<std::uint16_t>(vcpus + lacking)}, Bytes::gib(8)};
  seen.throttled = lacking > 0;
  seen.busy_vcpus = busy;
  seen.used = Bytes::gib(2);
  UsagePoint point;
  point.start_s = start_s;
  point.usage.add(seen, 300);
  return point;
}

TEST(ProvisioningJson, TellsHoursOfWhatIsKnown) {
  policy::ProvisioningDay vcpus;
  vcpus.known_hours = 2;
  vcpus.had = 8;
  vcpus.over = 5;
  vcpus.unserved = 0.25;
  vcpus.resizes = 3;
  vcpus.cost = 10;
  vcpus.hindsight = 4;
  const auto body = provisioning_json(vcpus, {});
  const auto& hours = body.at("vcpu_hours").as_object();
  EXPECT_EQ(hours.at("over_demand").as_double(), 5);
  EXPECT_EQ(hours.at("unserved").as_double(), 0.25);
  EXPECT_EQ(hours.at("relative_cost").as_double(), 2.5);
  EXPECT_FALSE(body.contains("gib_hours")) << "what is not known is left out";
  EXPECT_TRUE(provisioning_json({}, {}).empty());
}

TEST(ProvisioningJson, TellsMemoryInGib) {
  policy::ProvisioningDay memory;
  memory.known_hours = 1;
  memory.had = static_cast<double>(Bytes::gib(3).count());
  EXPECT_EQ(provisioning_json({}, memory).at("gib_hours").at("had").as_double(), 3);
}

TEST(JudgeRecord, PricesTheSizesOnRecordAgainstTheCheapest) {
  std::vector<UsagePoint> points;
  for (std::int64_t step = 0; step < 24; ++step) points.push_back(point(step * 300, 4, step < 12 ? 0.9 : 1.9));
  const auto judged = judge_record(points, std::chrono::seconds{300});
  EXPECT_NEAR(judged.vcpus.had, 8, 1e-6);
  EXPECT_NEAR(judged.vcpus.over, 8 - 2.8, 1e-6);
  EXPECT_NEAR(judged.vcpus.hindsight, 3.01, 1e-6) << "one hour of one vCPU, one of two, and a resize";
  EXPECT_NEAR(*judged.vcpus.relative_cost(), 8 / 3.01, 1e-6);
  EXPECT_NEAR(judged.memory.had, 16, 1e-6) << "in GiB-hours";
  EXPECT_NEAR(*judged.memory.relative_cost(), 4, 1e-6);
}

TEST(JudgeRecord, PricesWhatTheGuestLacked) {
  const auto judged = judge_record({point(0, 2, 2, 1)}, std::chrono::seconds{300});
  EXPECT_NEAR(judged.vcpus.unserved, 1.0 / 12, 1e-6);
  EXPECT_NEAR(judged.vcpus.cost, (2 + 10) / 12.0, 1e-6);
  EXPECT_NEAR(judged.vcpus.hindsight, 3 / 12.0, 1e-6);
}

TEST(JudgeRecord, KnowsNothingWithoutFigures) {
  UsagePoint silent;
  silent.usage.seconds = 300;
  EXPECT_EQ(judge_record({silent}, std::chrono::seconds{300}).vcpus, policy::ProvisioningDay{});
  EXPECT_EQ(judge_record({}, std::chrono::seconds{300}).memory.relative_cost(), std::nullopt);
}

}  // namespace
}  // namespace dynascale::hostd
