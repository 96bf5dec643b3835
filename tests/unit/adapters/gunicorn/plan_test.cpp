#include "adapters/gunicorn/plan.hpp"

#include <gtest/gtest.h>

namespace dynascale::gunicorn {
namespace {

using Words = std::vector<std::string>;

TEST(IsGunicorn, KnowsTheWaysToStartIt) {
  for (const auto& argv :
       {Words{"/usr/bin/python3", "/usr/bin/gunicorn", "app:app"}, Words{"gunicorn", "app"},
        Words{"python3.11", "-m", "gunicorn", "app"}, Words{"python3", "-u", "/v/bin/gunicorn"},
        Words{"python", "-O", "-m", "gunicorn"}, Words{"gunicorn: master [app:app]"}})
    EXPECT_TRUE(is_gunicorn(argv)) << argv[0];
  for (const auto& argv :
       {Words{}, Words{"python3", "app.py", "gunicorn"}, Words{"vim", "gunicorn"}, Words{"python3"},
        Words{"python3", "-c", "gunicorn"}, Words{"python3", "-m", "flask"}})
    EXPECT_FALSE(is_gunicorn(argv));
}

TEST(ParseArguments, ReadsWhatMattersAfterTheScript) {
  const Words argv{"python3", "-m", "gunicorn", "-w", "4",       "--timeout=60", "-k",
                   "gevent",  "-b", ":8000",    "-c", "conf.py", "--preload",    "app:app"};
  EXPECT_EQ(parse_arguments(argv), (Configuration{.workers = 4,
                                                  .timeout_seconds = 60,
                                                  .worker_class = "gevent",
                                                  .bind = ":8000",
                                                  .config_file = "conf.py",
                                                  .preload = true}));
}

TEST(ParsePythonConfig, ReadsLiteralsAndLeavesExpressionsUnknown) {
  const auto configuration = parse_python_config(
      "import os\nworkers = os.cpu_count() * 2 + 1\ntimeout = 60  # seconds\nworker_class = 'gthread'\n"
      "preload_app=True\nif x == 1:\n    timeout = 9\nbind = [\"a\"]\n");
  EXPECT_EQ(configuration, (Configuration{.workers = {},
                                          .timeout_seconds = 60,
                                          .worker_class = "gthread",
                                          .bind = {},
                                          .config_file = {},
                                          .preload = true}));
}

TEST(MergeConfiguration, TheCommandLineWins) {
  const auto merged =
      merge(parse_arguments(Words{"gunicorn", "-w", "2"}), parse_python_config("workers = 9\ntimeout = 5\n"));
  EXPECT_EQ(merged.workers, 2);
  EXPECT_EQ(merged.timeout_seconds, 5);
}

Settings settings_with(int workers, std::int64_t private_dirty, bool event_loop) {
  Settings settings;
  settings.values.push_back({.name = "workers", .value = workers, .source = "signals"});
  if (private_dirty > 0) settings.usage[usage_private_dirty] = private_dirty;
  settings.usage[usage_event_loop] = event_loop ? 1 : 0;
  return settings;
}

struct PlanCase {
  const char* name;
  int workers;
  std::uint16_t vcpus;
  std::uint64_t memory_mib;
  std::int64_t worker_mib;
  bool event_loop;
  std::int64_t expected;  ///< Zero when nothing is to be changed.
};

TEST(PlanWorkers, FollowsVcpusWithinMemoryAndBounds) {
  const Options options{.min_workers = 2, .max_workers = 12};
  for (const auto& test :
       {PlanCase{"grow to 2n+1", 3, 2, 4096, 25, false, 5},
        PlanCase{"shrink to 2n+1", 9, 1, 4096, 25, false, 3}, PlanCase{"unchanged", 5, 2, 4096, 25, false, 0},
        PlanCase{"one a CPU for event loops", 1, 4, 4096, 25, true, 4},
        PlanCase{"memory carries three and the master", 3, 8, 400, 100, false, 0},
        PlanCase{"memory carries fewer than run", 5, 8, 400, 100, false, 3},
        PlanCase{"the maximum", 3, 32, 65536, 25, false, 12},
        PlanCase{"the minimum, even without memory", 5, 1, 10, 100, false, 2},
        PlanCase{"unknown memory bounds nothing", 3, 4, 1, 0, false, 9},
        PlanCase{"no vCPU counts as one", 5, 0, 4096, 25, false, 3}}) {
    const auto plan = plan_workers(settings_with(test.workers, test.worker_mib << 20, test.event_loop),
                                   {.vcpus = {test.vcpus}, .memory = Bytes::mib(test.memory_mib)}, options);
    if (test.expected == 0) {
      EXPECT_TRUE(plan.now.empty()) << test.name;
      continue;
    }
    ASSERT_EQ(plan.now.size(), 1U) << test.name;
    EXPECT_EQ(plan.now[0].from, test.workers) << test.name;
    EXPECT_EQ(plan.now[0].to, test.expected) << test.name;
    EXPECT_TRUE(plan.pending_restart.empty()) << test.name;
  }
}

TEST(PlanWorkers, ItsFloorHoldsTheMinimumAndTheMaster) {
  const auto plan = plan_workers(settings_with(5, 100 << 20, false), {.vcpus = {2}, .memory = Bytes::gib(4)},
                                 {.min_workers = 2, .max_workers = 12});
  EXPECT_EQ(plan.memory_floor, Bytes::mib(300));
}

}  // namespace
}  // namespace dynascale::gunicorn
