/// From a daemon with a guest, through a real file, to what the API answers.
#include "hostd/history_api.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>

#include "hostd/daemon.hpp"
#include "hostd/history_json.hpp"
#include "hostd/query.hpp"
#include "tests/fakes/fake_hypervisor.hpp"

namespace dynascale::hostd {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

class HistoryApiTest : public testing::Test {
 protected:
  HistoryApiTest() {
    std::string name = testing::TempDir() + "history-api-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
    history_.emplace(folder_ / "history.db", Retention{}, clock_);
    RecorderConfig often;
    often.write_every = 5ms;
    recorder_.emplace(context_.get_executor(), often, *history_, pool_, clock_, log_);
    auto guest = fakes::capable_guest("web 1", VcpuCount{1}, VcpuCount{4}, Bytes::gib(1));
    guest.description.channel_path.clear();
    guest.busy_vcpus = 1;
    uuid_ = guest.description.id.uuid;
    hypervisor_.add(guest);
  }
  ~HistoryApiTest() override {
    pool_.join();
    history_.reset();
    fs::remove_all(folder_);
  }
  Daemon::Services services() {
    Daemon::Services services{hypervisor_,
                              [] { return Status{}; },
                              [](const std::string&, const std::string&, ChannelHandlers) {
                                return std::unique_ptr<GuestChannel>{};
                              },
                              [](const GuestDescription&) -> Result<GuestSettings> {
                                GuestSettings settings;
                                settings.limits = {VcpuCount{1}, VcpuCount{2}, Bytes::gib(1), Bytes::gib(1)};
                                return settings;
                              },
                              pool_,
                              clock_,
                              log_};
    services.history = &*recorder_;
    return services;
  }
  /// Runs a daemon until its guest's first resize has ended and is on record.
  void live() {
    DaemonConfig config;
    config.period = 20ms;
    config.host.reserve_cpus = 0;
    Daemon daemon{context_.get_executor(), config, services(), 1000};
    TaskGroup tasks{context_.get_executor(),
                    [](const std::string&, const std::string& what) { ADD_FAILURE() << what; }};
    tasks.spawn("daemon", daemon.run());
    tasks.spawn("recorder", recorder_->run());
    const auto* guest = &daemon;
    const auto done = [&] {
      auto* found = daemon.find("web 1");
      return found != nullptr && !found->record().resizes().empty() && found->record().resizes().front().ended &&
             recorder_->waiting() == 0;
    };
    const auto give_up = std::chrono::steady_clock::now() + 60s;
    while (!done() && std::chrono::steady_clock::now() < give_up) context_.run_for(5ms);
    EXPECT_TRUE(done()) << guest->guest_count();
    metrics_ = daemon.answer({"GET", "/metrics", "", {}}).body;
    status_ = json::parse(daemon.answer({"GET", "/v1/status", "", {}}).body).as_object();
    asio::co_spawn(context_, end(tasks, daemon, *recorder_), [](const std::exception_ptr&) {});
    context_.run();
    context_.restart();
  }
  static asio::awaitable<void> end(TaskGroup& tasks, Daemon& daemon, HistoryRecorder& recorder) {
    co_await tasks.stop_and_join();
    co_await daemon.stop();
    co_await recorder.finish();
  }
  HttpReply ask(const std::string& target, History* history) {
    HistoryApi api{history, pool_, clock_};
    HttpReply reply;
    HttpRequest request{"GET", target, "", {}};
    EXPECT_TRUE(HistoryApi::serves(request)) << target;
    asio::co_spawn(context_, api.answer(std::move(request)), [&](const std::exception_ptr& error, HttpReply answer) {
      EXPECT_FALSE(error);
      reply = std::move(answer);
    });
    context_.run();
    context_.restart();
    return reply;
  }
  json::object get(const std::string& target) {
    const auto reply = ask(target, &*history_);
    EXPECT_EQ(reply.status, 200U) << reply.body;
    return json::parse(reply.body).as_object();
  }

  fs::path folder_;
  asio::io_context context_{1};
  SystemClock clock_;
  OffloadPool pool_{2};
  Log log_{LogLevel::error, Log::Sink::standard_error};
  fakes::FakeHypervisor hypervisor_{clock_};
  std::string uuid_;
  std::optional<History> history_;
  std::optional<HistoryRecorder> recorder_;
  json::object status_;
  std::string metrics_;
};

TEST_F(HistoryApiTest, WhatADaemonDidIsToldAfterItsEnd) {
  live();
  EXPECT_EQ(status_.at("history").at("state").as_string(), "recording");
  EXPECT_NE(metrics_.find("\ndynascale_history_paused 0\n"), std::string::npos) << metrics_;
  const auto history = get("/v1/guests/web%201/history?step_s=10");
  EXPECT_EQ(history.at("uuid").as_string(), uuid_);
  ASSERT_FALSE(history.at("usage").as_array().empty());
  const auto& point = history.at("usage").as_array().front().as_object();
  EXPECT_GE(point.at("vcpus").to_number<double>(), 1);
  EXPECT_EQ(point.at("memory_bytes_max").to_number<std::int64_t>(), std::int64_t{1} << 30U);
  EXPECT_NEAR(point.at("busy_vcpus_max").to_number<double>(), 1, 0.5);
  ASSERT_FALSE(history.at("resizes").as_array().empty()) << json::serialize(history);
  const auto& resize = history.at("resizes").as_array().front().as_object();
  EXPECT_FALSE(resize.at("steps").as_array().empty());
  EXPECT_FALSE(resize.at("ending").as_string().empty());

  const auto explained = get("/v1/guests/" + uuid_ + "/explain");
  EXPECT_FALSE(explained.at("decision").at("reasons").as_array().empty());
  EXPECT_TRUE(explained.contains("usage"));
  EXPECT_FALSE(explained.at("resizes").as_array().empty());

  const auto usage = get("/v1/usage");
  const auto& guest = usage.at("guests").as_array().front().as_object();
  EXPECT_EQ(guest.at("name").as_string(), "web 1");
  const auto& hours = guest.at("vcpu_hours").as_object();
  EXPECT_GT(hours.at("had").to_number<double>(), 0);
  EXPECT_NEAR(hours.at("at_boot_size").to_number<double>(), guest.at("seen_hours").to_number<double>(), 1e-9);
  EXPECT_NEAR(hours.at("saved_against_peak").to_number<double>(),
              hours.at("at_peak").to_number<double>() - hours.at("had").to_number<double>(), 1e-9);
}

TEST_F(HistoryApiTest, ExplainsATimeBeforeEverythingWithNothing) {
  live();
  const auto explained = get("/v1/guests/web%201/explain?at_ms=1000");
  EXPECT_FALSE(explained.contains("usage"));
  EXPECT_FALSE(explained.contains("decision"));
}

TEST_F(HistoryApiTest, NamesEveryMistakeOfAQuery) {
  const auto reply = ask("/v1/usage?from_ms=x&until=9&to_ms=-1", &*history_);
  EXPECT_EQ(reply.status, 400U);
  for (const auto* part : {"from_ms", "to_ms", "until: unknown"})
    EXPECT_NE(reply.body.find(part), std::string::npos) << reply.body;
  EXPECT_EQ(ask("/v1/usage?from_ms=9000&to_ms=1000", &*history_).status, 400U);
  EXPECT_EQ(ask("/v1/guests/x/history?step_s=7", &*history_).status, 400U);
  EXPECT_EQ(ask("/v1/guests/x/history?from_ms=0&step_s=10", &*history_).status, 400U) << "too many steps";
}

TEST_F(HistoryApiTest, SaysWhatIsNotThere) {
  EXPECT_EQ(ask("/v1/guests/nobody/history", &*history_).status, 404U);
  const auto off = ask("/v1/usage", nullptr);
  EXPECT_EQ(off.status, 404U);
  EXPECT_NE(off.body.find("hostd.toml"), std::string::npos);
  EXPECT_FALSE(HistoryApi::serves({"GET", "/v1/guests/web1", "", {}}));
  EXPECT_FALSE(HistoryApi::serves({"POST", "/v1/usage", "", {}}));
}

TEST(FittingStep, IsFineForHoursAndCoarseForMonths) {
  const std::int64_t now = 1'000'000'000;
  EXPECT_EQ(fitting_step({now - 3600, now}, now), 10s);
  EXPECT_EQ(fitting_step({now - 7 * 86400, now}, now), 5min);
  EXPECT_EQ(fitting_step({now - 30 * 86400, now}, now), 1h);
  EXPECT_EQ(fitting_step({now - 300 * 86400, now - 300 * 86400 + 60}, now), 1h) << "finer steps are not kept so long";
}

TEST(PercentDecoded, LeavesWhatIsNoEscape) {
  EXPECT_EQ(percent_decoded("a%20b%zz%4"), "a b%zz%4");
}

}  // namespace
}  // namespace dynascale::hostd
