#include "adapters/nginx/plan.hpp"

#include <gtest/gtest.h>

namespace dynascale::nginx {
namespace {

Settings server(std::int64_t workers, TakesEffect effect) {
  Settings settings;
  settings.values.push_back({.name = "worker_processes", .value = workers, .takes_effect = effect});
  return settings;
}

TEST(WorkersIn, ReadsANumberAndNothingElse) {
  EXPECT_EQ(workers_in("worker_processes 4;\n"), 4);
  EXPECT_EQ(workers_in("# worker_processes 9;\n  worker_processes   2 ; # mine"), 2);
  for (const auto* text : {"", "worker_processes auto;", "worker_processes 4", "worker_connections 4;"})
    EXPECT_FALSE(workers_in(text)) << text;
}

TEST(WithWorkers, KeepsEverythingElse) {
  EXPECT_EQ(with_workers("# mine\nworker_processes 2;\nworker_rlimit_nofile 99;\n", 5),
            "# mine\nworker_processes 5;\nworker_rlimit_nofile 99;\n");
  EXPECT_EQ(with_workers("", 3), "worker_processes 3;\n");
  EXPECT_EQ(with_workers("worker_processes 1;\nworker_processes 2;\n", 3), "worker_processes 3;\n");
}

TEST(Includes, LooksForTheFileInTheDump) {
  constexpr auto dump = "# configuration file /etc/nginx/nginx.conf:\n\n# configuration file /etc/x.conf:\n";
  EXPECT_TRUE(includes(dump, "/etc/x.conf"));
  EXPECT_FALSE(includes(dump, "/etc/x"));
}

TEST(OptionsInTitle, TakesTheValueOfGWhole) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(options_in_title("nginx -p /tmp/x -c /tmp/n.conf -g daemon off; user x;"),
            (Words{"-p", "/tmp/x", "-c", "/tmp/n.conf", "-g", "daemon off; user x;"}));
  EXPECT_EQ(options_in_title("/usr/sbin/nginx -g daemon on; master_process on; -c /n.conf"),
            (Words{"-g", "daemon on; master_process on;", "-c", "/n.conf"}));
  EXPECT_EQ(options_in_title("nginx"), Words{});
}

TEST(PlanWorkers, IsOneForEachVcpu) {
  const auto plan = plan_workers(server(2, TakesEffect::reload), {.vcpus = {6}}, {});
  ASSERT_EQ(plan.now.size(), 1U);
  EXPECT_EQ(plan.now[0].to, 6);
  EXPECT_TRUE(plan_workers(server(6, TakesEffect::reload), {.vcpus = {6}}, {}).now.empty());
  EXPECT_EQ(plan_workers(server(2, TakesEffect::reload), {.vcpus = {500}}, {}).now.at(0).to, 64);
}

TEST(PlanWorkers, WithoutADropInItIsPendingAndSaysHow) {
  const auto plan = plan_workers(server(2, TakesEffect::restart), {.vcpus = {6}}, {});
  EXPECT_TRUE(plan.now.empty());
  ASSERT_EQ(plan.pending_restart.size(), 1U);
  EXPECT_NE(plan.notes.at(0).find("worker_processes 6;"), std::string::npos);
}

}  // namespace
}  // namespace dynascale::nginx
