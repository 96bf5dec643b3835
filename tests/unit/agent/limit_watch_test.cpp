#include "agent/limit_watch.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "agent/kernel_system.hpp"
#include "runtime/task_group.hpp"
#include "tests/unit/probes/temporary_root.hpp"

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;

class LimitWatchTest : public testing::Test {
 protected:
  LimitWatchTest() {
    put("", "cgroup.controllers", "cpu memory");
    put("/pod", "cgroup.controllers", "cpu memory");
    put("/pod", "cpu.max", "200000 100000");
    put("/pod", "memory.max", "1073741824");
  }
  ~LimitWatchTest() override {
    asio::co_spawn(context_, tasks_.stop_and_join(), [](const std::exception_ptr&) {});
    context_.restart();
    context_.run();
  }
  void put(const std::string& cgroup, const std::string& file, const std::string& value) const {
    root_.write("/sys/fs/cgroup" + cgroup + "/" + file, value);
  }
  void start(Duration look_every) {
    auto watch = LimitWatch::open(
        context_.get_executor(), root_.files(), look_every, [this] { return cgroups_; }, [this] { ++changes_; });
    ASSERT_TRUE(watch) << watch.error().what;
    watch_ = std::move(*watch);
    tasks_.spawn("events", watch_->run());
    tasks_.spawn("looks", watch_->look_regularly());
    context_.poll();
  }
  [[nodiscard]] bool changes_reach(int wanted) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (changes_ < wanted && std::chrono::steady_clock::now() < give_up) {
      context_.restart();
      context_.run_one_for(std::chrono::milliseconds{20});
    }
    return changes_ == wanted;
  }

  TemporaryRoot root_;
  asio::io_context context_{1};
  TaskGroup tasks_{context_.get_executor(), [](const std::string&, const std::string& what) { ADD_FAILURE() << what; }};
  std::set<std::string> cgroups_{"/", "/pod"};
  std::unique_ptr<LimitWatch> watch_;
  int changes_ = 0;
};

TEST_F(LimitWatchTest, TellsOfAContainerThatIsResizedInPlace) {
  start(std::chrono::hours{1});
  put("/pod", "cpu.max", "400000 100000");
  EXPECT_TRUE(changes_reach(1));
  put("/pod", "memory.max", "2147483648");
  EXPECT_TRUE(changes_reach(2));
  KernelSystem system{root_.files(), "/pod"};
  EXPECT_EQ(system.limits().vcpus, VcpuCount{4});
  EXPECT_EQ(system.limits().memory, Bytes::gib(2));
}

TEST_F(LimitWatchTest, AWriteOfTheSameValueIsNoChange) {
  start(std::chrono::hours{1});
  put("/pod", "cpu.max", "200000 100000");
  put("/pod", "memory.max", "1073741824");
  context_.restart();
  context_.run_for(std::chrono::milliseconds{50});
  EXPECT_EQ(changes_, 0);
}

TEST_F(LimitWatchTest, SeesWhatNoEventTells) {
  start(std::chrono::milliseconds{10});
  // Renamed into place: no write to the watched file, as when the kernel itself changes a value.
  root_.write("/elsewhere", "3");
  std::filesystem::rename(root_.files().resolve("/elsewhere"),
                          root_.files().resolve("/sys/fs/cgroup/pod/cpuset.cpus.effective"));
  EXPECT_TRUE(changes_reach(1));
}

TEST_F(LimitWatchTest, ANewCgroupIsNoChangeAndIsFollowedThen) {
  start(std::chrono::hours{1});
  put("/late", "cgroup.controllers", "memory");
  put("/late", "memory.max", "1048576");
  cgroups_.insert("/late");
  watch_->look();
  EXPECT_EQ(changes_, 0);
  put("/late", "memory.max", "2097152");
  EXPECT_TRUE(changes_reach(1));
}

}  // namespace
}  // namespace dynascale::agent
