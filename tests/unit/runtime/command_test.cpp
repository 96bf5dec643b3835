#include "runtime/command.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dynascale {
namespace {

using namespace std::chrono_literals;

Result<CommandResult> run(const Command& command, Duration limit = 20s, const std::stop_token& stop = {}) {
  const SystemClock clock;
  return run_command(command, clock, clock.now() + limit, stop);
}

TEST(RunCommand, ReturnsStatusAndBothOutputs) {
  const auto result = run({.argv = {"sh", "-c", "echo out; echo err >&2; exit 3"}});
  ASSERT_TRUE(result) << result.error().what;
  EXPECT_EQ(result->status, 3);
  EXPECT_EQ(result->output, "out\nerr\n");
}

TEST(RunCommand, GivesOnlyTheNamedEnvironmentDirectoryAndInput) {
  const auto result = run({.argv = {"/bin/sh", "-c", "echo $ONE-$HOME; pwd; cat"},
                           .environment = {"ONE=1"},
                           .directory = "/usr",
                           .input = "text"});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "1-\n/usr\ntext");
}

TEST(RunCommand, KillsTheWholeGroupAtTheDeadline) {
  const auto begin = std::chrono::steady_clock::now();
  const auto result = run({.argv = {"sh", "-c", "sleep 100 & sleep 100"}}, 200ms);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 60s);
}

TEST(RunCommand, StopsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(run({.argv = {"sleep", "100"}}, 60s, stop.get_token()).error().code, Errc::cancelled);
}

TEST(RunCommand, BoundsTheOutput) {
  const auto result = run({.argv = {"sh", "-c", "head -c 1000000 /dev/zero"}});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output.size(), 64U * 1024);
  EXPECT_EQ(result->status, 0);
}

TEST(RunCommand, SaysWhyAProgramCouldNotStart) {
  EXPECT_EQ(run({.argv = {"no-such-program"}}).error().code, Errc::not_found);
  EXPECT_EQ(run({.argv = {"/no/such/program"}}).error().code, Errc::not_found);
  EXPECT_EQ(run({.argv = {"true"}, .directory = "/no/such/folder"}).error().code, Errc::not_found);
  EXPECT_EQ(run({.argv = {}}).error().code, Errc::invalid_argument);
  EXPECT_EQ(run({.argv = {"/etc/passwd"}}).error().code, Errc::permission_denied);
}

TEST(RunCommand, RunsAsAnotherUserWhenAllowed) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const auto result = run({.argv = {"id", "-u"}, .identity = Identity{.uid = 65534, .gid = 65534}});
  ASSERT_TRUE(result) << result.error().what;
  EXPECT_EQ(result->output, "65534\n");
}

TEST(RunCommand, AnotherUsersFilesAreNotForTheCallersEyesOnly) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const auto before = ::umask(077);
  const auto result = run({.argv = {"sh", "-c", "umask"}, .identity = Identity{.uid = 65534, .gid = 65534}});
  ::umask(before);
  ASSERT_TRUE(result) << result.error().what;
  EXPECT_EQ(result->output, "0022\n");
}

}  // namespace
}  // namespace dynascale
