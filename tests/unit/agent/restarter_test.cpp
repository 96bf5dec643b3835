#include "agent/restarter.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <ctime>
#include <fstream>

#include "tests/fakes/fake_adapter.hpp"
#include "tests/fakes/fake_guest_system.hpp"
#include "tests/unit/probes/temporary_root.hpp"

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Its workers can be changed at a restart only, which its service does with the staged number.
class BootTimeAdapter final : public Adapter {
 public:
  [[nodiscard]] AdapterInfo info() const override { return {"boot", "Boot", Maturity::wip, "none"}; }
  [[nodiscard]] Capabilities capabilities() const override { return {.needs_restart = true}; }
  [[nodiscard]] std::vector<Instance> detect(std::span<const ProcessInfo> /*processes*/) const override {
    Instance instance;
    instance.adapter = "boot";
    instance.id = "boot:1";
    instance.main_pid = 100 + starts();
    ProcessInfo main;
    main.pid = instance.main_pid;
    main.cgroup = "/system.slice/boot.service";
    instance.processes = {main};
    return {instance};
  }
  Result<Settings> read(const Instance& /*instance*/, const CallLimits& /*limits*/) override {
    Settings settings;
    const std::int64_t workers = starts() > 0 && takes_values ? staged : 2;
    settings.values.push_back({"workers", workers, SettingUnit::count, TakesEffect::restart, "boot"});
    return settings;
  }
  [[nodiscard]] ApplicationPlan plan(const Settings& settings, const Resources& resources) const override {
    ApplicationPlan plan;
    const auto have = settings.find("workers")->value;
    if (have != resources.vcpus.value)
      plan.pending_restart.push_back(
          {"workers", have, resources.vcpus.value, SettingUnit::count, TakesEffect::restart});
    return plan;
  }
  Result<ChangeOutcome> apply(const Instance&, const Change&, const CallLimits&) override {
    return fail(Errc::unsupported, "at a restart only");
  }
  Result<ChangeOutcome> revert(const Instance&, const Change&, const CallLimits&) override {
    return fail(Errc::unsupported, "at a restart only");
  }
  Result<Staged> stage(const Instance&, std::span<const Change> pending, const CallLimits&) override {
    staged = pending.front().to;
    return Staged{{pending.begin(), pending.end()}, {}};
  }
  Status unstage(const Instance&, const Staged& what, const CallLimits&) override {
    staged = what.changes.front().from;
    ++unstaged;
    return {};
  }
  /// How often the service was started, by its stand-in.
  [[nodiscard]] int starts() const {
    std::ifstream file{calls};
    std::string line;
    int count = 0;
    while (std::getline(file, line)) ++count;
    return count;
  }

  std::string calls;
  std::int64_t staged = 2;
  bool takes_values = true;
  int unstaged = 0;
};

class RestarterTest : public testing::Test {
 protected:
  RestarterTest() {
    auto owned = std::make_unique<BootTimeAdapter>();
    adapter_ = owned.get();
    adapter_->calls = root_.files().resolve("/calls").string();
    std::vector<std::unique_ptr<Adapter>> adapters;
    adapters.push_back(std::move(owned));
    const auto divide = [](const GuestShare& share, const std::vector<Application>& all) {
      return std::vector<Resources>(all.size(), Resources{share.size.vcpus, share.size.memory, {}, {}});
    };
    retuner_.emplace(std::move(adapters), system_, divide, clock_, pool_, log_);
    root_.write("/proc/uptime", "9000000.00 1.00\n");
    root_.write("/systemctl", "#!/bin/sh\necho \"$*\" >> " + adapter_->calls + "\n");
    ::chmod(root_.files().resolve("/systemctl").c_str(), 0755);
    tools_.systemctl = {root_.files().resolve("/systemctl").string()};
    tools_.start_limit = 500ms;
    tools_.poll = 5ms;
    restarter_.emplace(*retuner_, system_, root_.files(), [this](const Instance&) { return windows_; }, tools_, clock_,
                       log_);
  }
  ~RestarterTest() override { pool_.join(); }

  /// A window that began a minute ago, whatever the time.
  static config::RestartWindow now_open() {
    const std::time_t now = std::time(nullptr) - 60;
    const std::time_t end = now + 3600;
    std::tm from{};
    std::tm to{};
    ::localtime_r(&now, &from);
    ::localtime_r(&end, &to);
    return *config::parse_window(
        fmt::format("daily {:02}:{:02}-{:02}:{:02}", from.tm_hour, from.tm_min, to.tm_hour, to.tm_min));
  }
  template <class R>
  R run(asio::awaitable<R> work) {
    std::optional<R> result;
    asio::co_spawn(context_, std::move(work), [&](const std::exception_ptr&, R value) { result = std::move(value); });
    context_.restart();
    context_.run();
    return *result;
  }
  void survey() {
    GuestShare share;
    share.size = {VcpuCount{6}, Bytes::gib(1)};
    run(retuner_->survey(share, clock_.now() + 5s));
  }

  TemporaryRoot root_;
  asio::io_context context_{1};
  SystemClock clock_;
  OffloadPool pool_{2};
  Log log_{LogLevel::error, Log::Sink::standard_error};
  fakes::FakeGuestSystem system_;
  BootTimeAdapter* adapter_ = nullptr;
  std::optional<Retuner> retuner_;
  RestartTools tools_;
  std::vector<config::RestartWindow> windows_;
  std::optional<Restarter> restarter_;
};

TEST_F(RestarterTest, DoesNothingOutsideOfAWindow) {
  survey();
  EXPECT_TRUE(run(restarter_->run_due()).empty());
  EXPECT_EQ(adapter_->starts(), 0);
}

TEST_F(RestarterTest, RestartsVerifiesAndReports) {
  windows_ = {now_open()};
  survey();
  const auto done = run(restarter_->run_due());
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].result, RetuneResult::verified) << done[0].error;
  EXPECT_EQ(done[0].outcomes.at(0).achieved, 6);
  EXPECT_EQ(adapter_->starts(), 1);
  survey();
  EXPECT_TRUE(retuner_->applications().at(0).plan.pending_restart.empty());
  EXPECT_TRUE(run(restarter_->run_due()).empty());
}

TEST_F(RestarterTest, WhatDidNotTakeIsTakenBackAndTriedOnceAWindow) {
  windows_ = {now_open()};
  adapter_->takes_values = false;
  survey();
  const auto done = run(restarter_->run_due());
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].result, RetuneResult::reverted) << done[0].error;
  EXPECT_EQ(adapter_->unstaged, 1);
  survey();
  EXPECT_FALSE(retuner_->applications().at(0).plan.pending_restart.empty());
  EXPECT_TRUE(run(restarter_->run_due()).empty()) << "once in a window";
  EXPECT_EQ(adapter_->starts(), 1);
}

TEST_F(RestarterTest, AServiceThatDoesNotStartIsStartedWithTheOldValues) {
  windows_ = {now_open()};
  root_.write("/systemctl", "#!/bin/sh\nexit 1\n");
  survey();
  const auto done = run(restarter_->run_due());
  ASSERT_EQ(done.size(), 1U);
  EXPECT_EQ(done[0].result, RetuneResult::failed);
  EXPECT_EQ(adapter_->unstaged, 1);
  EXPECT_NE(done[0].error.find("status 1"), std::string::npos) << done[0].error;
}

}  // namespace
}  // namespace dynascale::agent
