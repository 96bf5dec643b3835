#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check/drill/observation.hpp"

namespace dynascale::check {
namespace {

using ::testing::HasSubstr;

Observation look(std::uint64_t processes, std::uint64_t threads_each = 1) {
  Observation seen;
  seen.pools["app"] = Pool{processes, processes * threads_each};
  seen.alive = true;
  return seen;
}

Run run(std::vector<Observation> looks) {
  Run run;
  run.looks = std::move(looks);
  return run;
}

struct Case {
  const char* name;
  std::vector<Observation> growing;
  std::vector<Observation> shrinking;
  Adaptation grow;
  Adaptation shrink;
};

TEST(Grade, TellsHowAProgramFollows) {
  const Case cases[] = {
      {"follows by itself",
       {look(3), look(9), look(9)},
       {look(9), look(3), look(3)},
       Adaptation::live,
       Adaptation::live},
      {"gunicorn",
       {look(3), look(3), look(9)},
       {look(9), look(9), look(3)},
       Adaptation::reload,
       Adaptation::reload},
      {"nginx auto",
       {look(2), look(2), look(2)},
       {look(5), look(5), look(5)},
       Adaptation::restart,
       Adaptation::restart},
      {"fixed",
       {look(5), look(5), look(5)},
       {look(5), look(5), look(5)},
       Adaptation::never,
       Adaptation::never},
      {"grows only", {look(2), look(5)}, {look(5), look(5)}, Adaptation::live, Adaptation::restart},
      {"no reload was tried",
       {look(2), look(2)},
       {look(5), look(5)},
       Adaptation::restart,
       Adaptation::restart},
      {"wavers by a thread",
       {look(1, 17), look(1, 18)},
       {look(1, 18), look(1, 17)},
       Adaptation::never,
       Adaptation::never},
      {"never moved", {look(2)}, {look(5), look(2)}, Adaptation::unknown, Adaptation::live},
      {"never ready", {}, {look(5), look(2)}, Adaptation::unknown, Adaptation::unknown},
  };
  for (const auto& c : cases) {
    const auto grades = grade(Drill{run(c.growing), run(c.shrinking)});
    EXPECT_EQ(grades.grow, c.grow) << c.name;
    EXPECT_EQ(grades.shrink, c.shrink) << c.name;
  }
}

TEST(Grade, TakesTheWorstOfWhatDependsOnTheMachine) {
  auto small = look(1);
  small.probe = {{"processors", "1"}, {"pool", "1"}, {"collector", "Serial"}};
  auto grown = look(1);
  grown.probe = {{"processors", "4"}, {"pool", "1"}, {"collector", "Serial"}};
  auto large = look(1);
  large.probe = {{"processors", "4"}, {"pool", "3"}, {"collector", "G1"}};
  auto shrunk = large;
  shrunk.probe["processors"] = "1";
  const auto grades = grade(Drill{run({small, grown}), run({large, shrunk})});
  EXPECT_EQ(grades.grow, Adaptation::restart);
  std::map<std::string, Adaptation> by_name;
  for (const auto& metric : grades.metrics) by_name[metric.name] = metric.grow;
  EXPECT_EQ(by_name["probe processors"], Adaptation::live);
  EXPECT_EQ(by_name["probe pool"], Adaptation::restart);
  EXPECT_EQ(by_name["probe collector"], Adaptation::restart);
}

TEST(Grade, OfOneStartDoesNotCallFixedWhatDidNotMove) {
  auto drill = Drill{run({look(5), look(5)}), run({look(5), look(5)})};
  drill.one_start = true;
  EXPECT_EQ(grade(drill).grow, Adaptation::unknown);
  EXPECT_THAT(drill_text(drill, grade(drill)), HasSubstr("nothing seen of it moved"));
  drill.grow = run({look(2), look(5)});
  drill.shrink = run({look(5), look(2)});
  EXPECT_EQ(grade(drill).grow, Adaptation::live);
  EXPECT_EQ(grade(drill).shrink, Adaptation::live);
}

TEST(Grade, LeavesOutTheThreadsOfProcessesThatHaveOneEach) {
  const auto names = [](const Grades& grades) {
    std::vector<std::string> all;
    for (const auto& metric : grades.metrics) all.push_back(metric.name);
    return all;
  };
  EXPECT_EQ(names(grade(Drill{run({look(2), look(2)}), run({look(5), look(5)})})),
            std::vector<std::string>{"app: processes"});
  EXPECT_EQ(names(grade(Drill{run({look(2, 4), look(2, 4)}), run({look(5, 4), look(5, 4)})})),
            (std::vector<std::string>{"app: processes", "app: threads"}));
}

TEST(DrillReport, CannotBeMadeToWriteControlCharactersByAProgramsName) {
  Observation first;
  first.pools["evil\x1b[2J"] = Pool{1, 1};
  auto second = first;
  second.pools["evil\x1b[2J"] = Pool{4, 4};
  const Drill drill{run({first, second}), run({second, first})};
  EXPECT_EQ(drill_text(drill, grade(drill)).find('\x1b'), std::string::npos);
}

TEST(ProcessRow, ReadsNamesOfAnyShape) {
  const std::string tail = " S 7 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 12 0 100 4096 55 1 2 3";
  const auto row = parse_process_row("42 (a) b (c)" + tail);
  EXPECT_EQ(row.pid, 42);
  EXPECT_EQ(row.name, "a) b (c");
  EXPECT_EQ(row.parent, 7);
  EXPECT_EQ(row.threads, 12U);
  EXPECT_EQ(row.rss_pages, 55U);
  EXPECT_EQ(parse_process_row("42 (cut) S 7").pid, 0);
  EXPECT_EQ(parse_process_row("").pid, 0);
}

TEST(Descendants, LeavesOutZombiesAndTheHelpersBranch) {
  const std::vector<ProcessRow> rows{
      {.pid = 2, .parent = 1, .name = "main", .state = 'S', .threads = 1, .rss_pages = 0},
      {.pid = 3, .parent = 2, .name = "worker", .state = 'R', .threads = 2, .rss_pages = 0},
      {.pid = 4, .parent = 2, .name = "dead", .state = 'Z', .threads = 1, .rss_pages = 0},
      {.pid = 5, .parent = 1, .name = "helper", .state = 'S', .threads = 1, .rss_pages = 0},
      {.pid = 6, .parent = 5, .name = "curl", .state = 'S', .threads = 1, .rss_pages = 0},
      {.pid = 7, .parent = 9, .name = "stranger", .state = 'S', .threads = 1, .rss_pages = 0}};
  const auto pools = pools_of(descendants(rows, 1, 5));
  EXPECT_EQ(pools, (Pools{{"main", {1, 1}}, {"worker", {1, 2}}}));
}

}  // namespace
}  // namespace dynascale::check
