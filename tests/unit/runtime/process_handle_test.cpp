#include "runtime/process_handle.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include "runtime/process_info.hpp"

namespace dynascale {
namespace {

/// A child that waits for ever and handles SIGUSR1 only by ending with status 7.
class Child {
 public:
  Child() : pid_{::fork()} {
    if (pid_ != 0) {
      const Files files;
      while (true) {  // The handler is set a moment after the fork.
        const auto process = read_process(files, pid_);
        if (!process || (process->signals_caught & (1ULL << (SIGUSR1 - 1))) != 0) break;
      }
      return;
    }
    ::signal(SIGUSR1, [](int) { ::_exit(7); });
    for (;;) ::pause();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (!waited_) {
      ::kill(pid_, SIGKILL);
      static_cast<void>(wait());
    }
  }
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    waited_ = true;
    return status;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
  bool waited_ = false;
};

TEST(ProcessHandle, SendsOnlySignalsThatTheProcessHandles) {
  const Files files;
  Child child;
  const auto process = read_process(files, child.pid());
  ASSERT_TRUE(process);
  const auto handle = ProcessHandle::open(files, child.pid(), process->start_ticks);
  ASSERT_TRUE(handle) << handle.error().what;

  const auto refused = handle->signal_if_caught(SIGTTIN);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused);
  EXPECT_TRUE(handle->running());

  ASSERT_TRUE(handle->signal_if_caught(SIGUSR1));
  EXPECT_EQ(WEXITSTATUS(child.wait()), 7);
  EXPECT_FALSE(handle->running());
  EXPECT_EQ(handle->signal_if_caught(SIGUSR1).error().code, Errc::not_found);
}

TEST(ProcessHandle, DoesNotTakeAnotherProcessWithTheSameNumber) {
  const Files files;
  const Child child;
  const auto process = read_process(files, child.pid());
  ASSERT_TRUE(process);
  const auto handle = ProcessHandle::open(files, child.pid(), process->start_ticks - 1);
  ASSERT_FALSE(handle);
  EXPECT_EQ(handle.error().code, Errc::not_found);
}

}  // namespace
}  // namespace dynascale
