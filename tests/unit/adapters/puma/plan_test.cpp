#include "adapters/puma/plan.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include "adapters/puma/puma.hpp"

namespace dynascale::puma {
namespace {

ProcessInfo process(std::int32_t pid, std::int32_t parent, std::string title, std::uint64_t caught) {
  return {.pid = pid, .parent_pid = parent, .argv = {std::move(title)}, .signals_caught = caught};
}

TEST(PumaTitles, TellMastersFromWorkers) {
  EXPECT_TRUE(is_server_title("puma 5.6.5 (unix:///run/s) [app]"));
  EXPECT_TRUE(is_worker_title("puma: cluster worker 0: 12 [app]"));
  EXPECT_FALSE(is_server_title("puma: cluster worker 0: 12 [app]"));
  EXPECT_FALSE(is_server_title("pumactl"));
  EXPECT_EQ(listener_in("puma 5.6.5 (unix:///run/s) [app]"), "unix:///run/s");
  EXPECT_EQ(listener_in("puma"), "");
}

TEST(PumaDetect, LeavesAServerAloneThatDoesNotHandleTheSignals) {
  const Files files;
  const Puma adapter{files, {}};
  const std::uint64_t both = (1ULL << (SIGTTIN - 1)) | (1ULL << (SIGTTOU - 1));
  const std::vector<ProcessInfo> processes{process(10, 1, "puma 5.6.5 (tcp://127.0.0.1:80) [a]", both),
                                           process(11, 10, "puma: cluster worker 0: 10 [a]", both),
                                           process(20, 1, "puma 5.6.5 (tcp://127.0.0.1:81) [b]", 0)};
  const auto found = adapter.detect(processes);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].main_pid, 10);
  EXPECT_EQ(found[0].id, "puma:tcp://127.0.0.1:80");
}

}  // namespace
}  // namespace dynascale::puma
