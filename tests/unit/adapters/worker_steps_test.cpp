#include "adapters/worker_steps.hpp"

#include <gtest/gtest.h>

namespace dynascale {
namespace {

using namespace std::chrono_literals;

/// Time moves only when somebody sleeps.
class StillClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override { return {}; }
  void sleep_for(Duration duration) const override { now_ += duration; }

 private:
  mutable Instant now_{};
};

/// A master that forgets an order which comes while another one is on its way, as signals do.
struct CoalescingMaster {
  const Clock& clock;
  int workers;
  int target;
  int orders = 0;
  bool deaf = false;
  Instant ready = {};

  void settle() {
    if (clock.now() >= ready) workers = target;
  }
  Status order(int step) {
    ++orders;
    settle();
    if (deaf || workers != target) return {};
    target += step;
    ready = clock.now() + 100ms;
    return {};
  }
  WorkerSteps steps() {
    return {.count = [this]() -> Result<int> {
              settle();
              return workers;
            },
            .add = [this] { return order(1); },
            .remove = [this] { return order(-1); },
            .add_limit = 1s,
            .remove_limit = 1s};
  }
};

TEST(StepWorkers, GivesOneOrderForEachWorker) {
  const StillClock clock;
  const CallLimits limits{.clock = clock, .deadline = clock.now() + 60s, .stop = {}};
  CoalescingMaster master{.clock = clock, .workers = 2, .target = 2};
  EXPECT_EQ(step_workers(master.steps(), 7, limits).value(), 7);
  EXPECT_EQ(master.orders, 5);
  EXPECT_EQ(step_workers(master.steps(), 1, limits).value(), 1);
  EXPECT_EQ(master.orders, 11);
}

TEST(StepWorkers, GivesUpOnAMasterThatDoesNotObey) {
  const StillClock clock;
  const CallLimits limits{.clock = clock, .deadline = clock.now() + 60s, .stop = {}};
  CoalescingMaster master{.clock = clock, .workers = 2, .target = 2, .deaf = true};
  EXPECT_EQ(step_workers(master.steps(), 7, limits).value(), 2);
  EXPECT_EQ(master.orders, 1);
}

TEST(StepWorkers, StopsAtTheDeadlineWithWhatIsThere) {
  const StillClock clock;
  const CallLimits limits{.clock = clock, .deadline = clock.now() + 250ms, .stop = {}};
  CoalescingMaster master{.clock = clock, .workers = 2, .target = 2};
  const auto count = step_workers(master.steps(), 20, limits).value();
  EXPECT_GT(count, 2);
  EXPECT_LT(count, 20);
}

Settings server(std::int64_t workers, std::int64_t memory) {
  Settings settings;
  settings.values.push_back({.name = "workers", .value = workers});
  settings.usage[usage_worker_memory] = memory;
  return settings;
}

TEST(PlanWorkerCount, TakesTheSmallerOfCpuMemoryAndCeiling) {
  EXPECT_EQ(plan_worker_count(server(1, 100 << 20), {.vcpus = {4}, .memory = Bytes::gib(4)}, {}).now.at(0).to,
            4);
  EXPECT_EQ(
      plan_worker_count(server(1, 100 << 20), {.vcpus = {8}, .memory = Bytes::mib(450)}, {}).now.at(0).to, 3);
  auto reserved = server(1, 1 << 20);
  reserved.usage[usage_worker_ceiling] = 2;
  EXPECT_EQ(plan_worker_count(reserved, {.vcpus = {8}, .memory = Bytes::gib(4)}, {.least = 4}).now.at(0).to,
            2);
  EXPECT_EQ(plan_worker_count(server(5, 100 << 20), {.vcpus = {8}, .memory = {}}, {}).now.at(0).to, 1);
  EXPECT_TRUE(plan_worker_count(server(4, 0), {.vcpus = {4}, .memory = {}}, {}).now.empty());
}

}  // namespace
}  // namespace dynascale
