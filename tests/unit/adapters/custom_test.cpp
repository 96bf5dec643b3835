#include "adapters/custom.hpp"

#include <gtest/gtest.h>

#include "adapters/worker_steps.hpp"

namespace dynascale {
namespace {

constexpr std::int64_t mib = 1LL << 20;

config::ApplicationSettings table(config::Follows follows) {
  config::ApplicationSettings settings;
  settings.kind = config::CustomKind::exec;
  settings.follows = follows;
  settings.per_cpu = 2;
  settings.min = 2;
  settings.max = 12;
  settings.memory_min = Bytes::mib(64);
  return settings;
}

Resources room(std::uint64_t mebibytes, std::uint16_t vcpus = 4) {
  return {.vcpus = {vcpus}, .memory = Bytes::mib(mebibytes)};
}

TEST(CustomUsage, IsReadFromLinesOfANameAndANumber) {
  auto settings = custom_settings(table(config::Follows::cpus), 4);
  ASSERT_TRUE(add_usage(settings, "memory_need_bytes 1000\n\n  worker_bytes   50 \nmemory_use_bytes 7\n"));
  EXPECT_EQ(settings.usage.at(usage_need), 1000);
  EXPECT_EQ(settings.usage.at(usage_worker_memory), 50);
  EXPECT_EQ(settings.usage.at(usage_use), 7);
  EXPECT_FALSE(settings.usage.contains(usage_floor)) << "what is not told is not zero";
}

TEST(CustomUsage, ALineThatIsNoneIsAnErrorAndNotZero) {
  for (const auto* output : {"12", "memory_need_bytes", "memory_need_bytes -1", "memory_need_bytes 1G",
                             "per_cpu_milli 5",
                             "memory_need_bytes 1\nerror: no server", "memory_use_bytes 99999999999999999"}) {
    auto settings = custom_settings(table(config::Follows::cpus), 4);
    const auto told = add_usage(settings, output);
    ASSERT_FALSE(told) << output;
    EXPECT_EQ(told.error().code, Errc::corrupt);
  }
}

TEST(CustomFigures, AreReadFromLinesOfANameAndANumber) {
  const auto figures = parse_figures("queue_length 125\n\n latency_ms  1.5e1 \n");
  ASSERT_TRUE(figures) << figures.error().what;
  EXPECT_EQ(*figures, (Figures{{"queue_length", 125}, {"latency_ms", 15}}));
  EXPECT_TRUE(parse_figures("")->empty()) << "nothing told is not zero";
}

TEST(CustomFigures, OneWrongLineMakesAllWorthless) {
  for (const auto* output : {"12", "queue", "queue -1", "queue nan", "queue 1e300", "Queue 5", "queue 5 6", "queue 0x5",
                             "queue 5\nerror: no server", "queue 5\nqueue 6"}) {
    const auto figures = parse_figures(output);
    ASSERT_FALSE(figures) << output;
    EXPECT_EQ(figures.error().code, Errc::corrupt) << output;
  }
  std::string many;
  for (std::size_t number = 0; number <= max_figures; ++number) many += "f" + std::to_string(number) + " 1\n";
  EXPECT_EQ(parse_figures(many).error().code, Errc::limit_exceeded);
}

TEST(CustomPlan, WorkersAreBoundedByTheMemoryThatTheyTake) {
  auto settings = custom_settings(table(config::Follows::cpus), 4);
  settings.usage[usage_worker_memory] = 100 * mib;
  settings.usage[usage_need] = 50 * mib;
  const auto plan = plan_custom(settings, room(560));
  ASSERT_EQ(plan.now.size(), 1U);
  EXPECT_EQ(plan.now[0].to, 5);
  EXPECT_EQ(plan.notes.size(), 1U);
  EXPECT_EQ(plan.memory_need, Bytes::mib(850)) << "eight workers for four vCPUs, and what is beside them";
  EXPECT_EQ(plan.memory_floor, Bytes::mib(250)) << "its least number of workers";
  EXPECT_EQ(plan_custom(settings, room(850)).now.at(0).to, 8) << "its need carries all";
  EXPECT_EQ(plan_custom(settings, room(10)).now.at(0).to, 2) << "never below its least";
  EXPECT_EQ(plan_custom(settings, room(560)).memory_need, plan_custom(settings, room(99'999)).memory_need);
}

TEST(CustomPlan, WithoutAWordNothingIsNeededAndTheCpusAloneCount) {
  const auto plan = plan_custom(custom_settings(table(config::Follows::cpus), 4), room(1));
  EXPECT_EQ(plan.now.at(0).to, 8);
  EXPECT_FALSE(plan.memory_need);
  EXPECT_FALSE(plan.memory_use);
  EXPECT_EQ(plan.memory_floor, Bytes{});
}

TEST(CustomPlan, OfMemoryItsFloorIsTheLargerOfTheTablesAndItsOwn) {
  auto settings = custom_settings(table(config::Follows::memory), 500 * mib);
  EXPECT_EQ(plan_custom(settings, room(1000)).memory_floor, Bytes::mib(64));
  settings.usage[usage_floor] = 200 * mib;
  settings.usage[usage_use] = 400 * mib;
  const auto plan = plan_custom(settings, room(1000));
  EXPECT_EQ(plan.memory_floor, Bytes::mib(200));
  EXPECT_EQ(plan.memory_use, Bytes::mib(400));
  EXPECT_FALSE(plan.memory_need) << "a cache that does not tell its need may use all";
}

}  // namespace
}  // namespace dynascale
