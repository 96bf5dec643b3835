/// Many guests under one daemon: what they get together, and what is told of it.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <thread>

#include "hostd/daemon.hpp"
#include "runtime/command.hpp"
#include "tests/fakes/fake_hypervisor.hpp"

namespace dynascale::hostd {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

/// A guest that is always busy, and obeys.
class BusyAgent final : public GuestChannel {
 public:
  BusyAgent(asio::any_io_executor executor, fakes::FakeHypervisor& hypervisor, GuestId guest,
            ChannelHandlers handlers)
      : timer_{std::move(executor)},
        hypervisor_{hypervisor},
        guest_{std::move(guest)},
        handlers_{std::move(handlers)} {}

  void send(const wire::Message& message) override {
    const auto* intent = std::get_if<wire::ResizeIntent>(&message);
    if (intent == nullptr) return;
    online_ = intent->vcpus;
    asked_ = intent->id;
  }
  [[nodiscard]] bool connected() const override { return true; }
  asio::awaitable<void> run() override {
    wire::Hello hello;
    hello.boot_id = guest_.uuid;
    hello.capabilities = {"park", "urgent"};
    handlers_.arrived(hello);
    for (;;) {
      if (asked_) {
        wire::Ready ready;
        ready.id = *std::exchange(asked_, {});
        ready.vcpus_online = indices(online());
        ready.memory_available_bytes = Bytes::mib(600).count();
        handlers_.message(ready);
      }
      handlers_.message(report());
      timer_.expires_after(std::chrono::milliseconds{10});
      co_await timer_.async_wait(asio::use_awaitable);
    }
  }

 private:
  static std::vector<std::uint32_t> indices(std::uint32_t count) {
    std::vector<std::uint32_t> all;
    for (std::uint32_t index = 0; index < count; ++index) all.push_back(index);
    return all;
  }
  [[nodiscard]] std::uint32_t online() const {
    return std::min<std::uint32_t>(online_, hypervisor_.guest(guest_).description.vcpus_plugged.value);
  }
  [[nodiscard]] wire::Report report() const {
    wire::Report report;
    report.vcpus_present = indices(hypervisor_.guest(guest_).description.vcpus_plugged.value);
    report.vcpus_online = indices(online());
    report.busy_vcpus = online();
    report.runnable_tasks = 8;
    report.cpu_pressure = wire::PressureValues{60, 0};
    report.memory_total_bytes = Bytes::gib(1).count();
    report.memory_available_bytes = Bytes::mib(600).count();
    return report;
  }
  asio::steady_timer timer_;
  fakes::FakeHypervisor& hypervisor_;
  GuestId guest_;
  ChannelHandlers handlers_;
  std::uint32_t online_ = 1;
  std::optional<std::uint64_t> asked_;
};

class DaemonHostTest : public testing::Test {
 protected:
  DaemonHostTest() {
    hypervisor_.host_info.cpus = 1;
    config_.period = std::chrono::milliseconds{50};
    config_.host.reserve_cpus = 0;
    config_.host.scale_out_after = std::chrono::milliseconds{200};
    for (const auto* name : {"a", "b", "c"}) {
      auto guest = fakes::capable_guest(name, VcpuCount{1}, VcpuCount{4}, Bytes::gib(1));
      guest.description.channel_path = std::string{"/"} + name;
      ids_[name] = guest.description.id;
      hypervisor_.add(guest);
    }
  }
  ~DaemonHostTest() override { pool_.join(); }

  Daemon::Services services() {
    Daemon::Services services{hypervisor_,
                              [] { return Status{}; },
                              [this](const std::string& guest, const std::string&, ChannelHandlers handlers) {
                                return std::make_unique<BusyAgent>(context_.get_executor(), hypervisor_, ids_.at(guest),
                                                                   std::move(handlers));
                              },
                              [](const GuestDescription&) -> Result<GuestSettings> { return busy_settings(); },
                              pool_,
                              clock_,
                              log_};
    services.host_load = [this]() -> std::optional<arbiter::HostLoad> {
      arbiter::HostLoad load;
      load.taken_at = clock_.now();
      load.cpu_pressure = Pressure{host_stall_, {}};
      return load;
    };
    services.on_scale_out = [this](const std::string& event) { events_.push_back(json::parse(event).as_object()); };
    return services;
  }
  static GuestSettings busy_settings() {
    GuestSettings settings;
    settings.limits = {VcpuCount{1}, VcpuCount{4}, Bytes::mib(512), Bytes::gib(1)};
    settings.limits.memory_min = settings.limits.memory_max;
    settings.policy.guard.grow_cooldown = settings.policy.guard.urgent_cooldown = Duration::zero();
    return settings;
  }
  [[nodiscard]] unsigned plugged() const {
    unsigned sum = 0;
    for (const auto& [name, id] : ids_) sum += hypervisor_.guest(id).description.vcpus_plugged.value;
    return sum;
  }
  json::object get(Daemon& daemon, const std::string& target) {
    return json::parse(daemon.answer({"GET", target, "", {}}).body).as_object();
  }
  /// Runs a daemon until `reached`; every step the guests together have at most `most` vCPUs.
  void serve(unsigned most, const std::function<bool(Daemon&)>& reached) {
    Daemon daemon{context_.get_executor(), config_, services(), 1000};
    TaskGroup tasks{context_.get_executor(),
                    [](const std::string&, const std::string& what) { ADD_FAILURE() << what; }};
    tasks.spawn("daemon", daemon.run());
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!reached(daemon) && std::chrono::steady_clock::now() < give_up) {
      context_.run_for(std::chrono::milliseconds{5});
      ASSERT_LE(plugged(), most);
    }
    EXPECT_TRUE(reached(daemon)) << daemon.answer({"GET", "/v1/status", "", {}}).body;
    asio::co_spawn(context_, stop(tasks, daemon), [](const std::exception_ptr&) {});
    context_.run();
    context_.restart();
  }
  static asio::awaitable<void> stop(TaskGroup& tasks, Daemon& daemon) {
    co_await tasks.stop_and_join();
    co_await daemon.stop();
  }

  asio::io_context context_{1};
  SystemClock clock_;
  OffloadPool pool_{4};
  Log log_{LogLevel::error, Log::Sink::standard_error};
  fakes::FakeHypervisor hypervisor_{clock_};
  std::map<std::string, GuestId> ids_;
  DaemonConfig config_;
  Ratio host_stall_;
  std::vector<json::object> events_;
};

TEST_F(DaemonHostTest, BusyGuestsTogetherNeverGetMoreThanTheHostHas) {
  config_.host.vcpus_per_cpu = 8;
  serve(8, [&](Daemon&) { return plugged() == 8 && !events_.empty(); });
  const auto& event = events_.front();
  EXPECT_EQ(event.at("cause").as_string(), "host_full");
  EXPECT_EQ(event.at("state").as_string(), "raised");
  EXPECT_TRUE(ids_.contains(std::string{event.at("guest").as_string()}));
}

TEST_F(DaemonHostTest, TheApiTellsWhatTheHostHasAndWhoWaits) {
  config_.host.vcpus_per_cpu = 8;
  json::object status;
  serve(8, [&](Daemon& daemon) {
    status = get(daemon, "/v1/status");
    return plugged() == 8 && status.at("host").as_object().at("waiting_guests").to_number<int>() > 0;
  });
  const auto& host = status.at("host").as_object();
  EXPECT_EQ(host.at("limit").as_object().at("vcpus").to_number<int>(), 8);
  EXPECT_EQ(host.at("granted").as_object().at("vcpus").to_number<int>(), 8);
  EXPECT_EQ(host.at("pressure").as_object().at("cpus").as_string(), "room");
  bool waits = false;
  for (const auto& guest : status.at("guests").as_array())
    waits = waits || guest.as_object().at("share").as_object().contains("waiting");
  EXPECT_TRUE(waits);
}

/// promtool is the judge: Debian's package prometheus brings it.
TEST_F(DaemonHostTest, MetricsAreWhatPrometheusExpects) {
  std::string text;
  serve(12, [&](Daemon& daemon) {
    text = daemon.answer({"GET", "/metrics", "", {}}).body;
    return text.find("dynascale_link_seconds_bucket") != std::string::npos;
  });
  for (const auto* part : {"dynascale_host_vcpus_limit 4", "dynascale_guest_vcpus{guest=\"a\"}",
                           "dynascale_resizes_total{guest=", "dynascale_hypervisor_up 1"})
    EXPECT_NE(text.find(part), std::string::npos) << part;
  Command promtool;
  promtool.argv = {"promtool", "check", "metrics"};
  promtool.environment = {"PATH=/usr/bin:/bin"};
  promtool.input = text;
  const auto judged = run_command(promtool, clock_, clock_.now() + std::chrono::seconds{30}, {});
  ASSERT_TRUE(judged) << judged.error().what;
  EXPECT_EQ(judged->status, 0) << judged->output;
  EXPECT_EQ(judged->output, "");
}

TEST_F(DaemonHostTest, ExplainNamesTheHostAsTheReason) {
  config_.host.vcpus_per_cpu = 3;
  serve(3, [&](Daemon& daemon) {
    const auto explained = get(daemon, "/v1/guests/a");
    const auto* decisions = explained.if_contains("decisions");
    return decisions != nullptr && json::serialize(*decisions).find("arbiter.host_full") != std::string::npos;
  });
}

TEST_F(DaemonHostTest, AHostWhoseCoresAreBusyAddsNone) {
  host_stall_ = Ratio::percent(90);
  serve(3, [&](Daemon& daemon) {
    const auto host = get(daemon, "/v1/host");
    return !events_.empty() && host.at("pressure").as_object().at("cpus").as_string() == "bottleneck";
  });
  EXPECT_EQ(events_.front().at("cause").as_string(), "host_cpus");
}

TEST_F(DaemonHostTest, AGuestThatHangsWhenItIsLookedAtDelaysNobodysStatistics) {
  config_.host.vcpus_per_cpu = 12;
  config_.describe_every = Duration::zero();
  std::atomic<bool> hangs{false};
  std::atomic<bool> hung{false};
  hypervisor_.before_call([&](const fakes::FakeCall& call) {
    const bool its = call.verb == fakes::Verb::describe && call.guest == ids_.at("a").uuid;
    for (int turn = 0; its && hangs && turn < 20'000; ++turn) {
      hung = true;
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
  });
  std::size_t before = 0;
  serve(12, [&](Daemon& daemon) {
    if (daemon.guest_count() < 3) return false;
    hangs = true;
    if (!hung) return false;
    if (before == 0) before = hypervisor_.count(fakes::Verb::statistics);
    const bool others_go_on = hypervisor_.count(fakes::Verb::statistics) >= before + 5;
    if (others_go_on) hangs = false;
    return others_go_on;
  });
  hangs = false;
}

}  // namespace
}  // namespace dynascale::hostd
