#include "runtime/command.hpp"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

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

/// Makes this process what systemd makes of the agent: a user of its own with ambient capabilities.
bool become_agent() {
  constexpr std::array kept{CAP_SETUID, CAP_SETGID, CAP_DAC_OVERRIDE};
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> data{};
  for (const auto one : kept) data[0].permitted |= 1U << static_cast<unsigned>(one);
  data[0].effective = data[0].inheritable = data[0].permitted;
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || ::setresgid(65533, 65533, 65533) != 0 ||
      ::setresuid(65533, 65533, 65533) != 0 || ::syscall(SYS_capset, &header, data.data()) != 0)
    return false;
  for (const auto one : kept)
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, one, 0, 0) != 0) return false;
  return true;
}

TEST(RunCommand, GivesNoneOfItsCapabilitiesToAnotherUsersProgram) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a process that has capabilities";
  const pid_t child = ::fork();
  if (child == 0) {
    if (!become_agent()) ::_exit(2);
    const Command look{.argv = {"grep", "-c", "^Cap[PEA].*:.0*$", "/proc/self/status"},
                       .identity = Identity{.uid = 65534, .gid = 65534}};
    const auto result = run(look);
    ::_exit(result && result->output == "3\n" ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << "permitted, effective and ambient capabilities must all be empty";
}

}  // namespace
}  // namespace dynascale
