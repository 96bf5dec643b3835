/// Somebody changes a setting of a real server by hand, and the agent restarts in between.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "adapters/postgresql/postgresql.hpp"
#include "agent/divide.hpp"
#include "agent/state_file.hpp"
#include "probes/process.hpp"
#include "server.hpp"

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// The guest has one server: the test's own.
class OneServer final : public GuestSystem {
 public:
  OneServer(const Files& files, std::string folder) : files_{files}, folder_{std::move(folder)} {}
  std::vector<ProcessInfo> processes() override {
    auto all = list_processes(files_).value_or(std::vector<ProcessInfo>{});
    std::erase_if(all, [&](const ProcessInfo& process) { return process.working_directory != folder_; });
    return all;
  }
  Result<Topology> topology() override { return fail(Errc::unsupported, "nobody asks"); }
  Result<Size> size() override { return fail(Errc::unsupported, "nobody asks"); }
  Result<MemoryLoad> memory() override { return fail(Errc::unsupported, "nobody asks"); }
  SizeLimits limits() override { return {}; }
  SizeLimits limits_of(const std::string& /*cgroup*/) override { return {}; }
  Result<std::vector<VcpuIndex>> set_online(VcpuCount /*count*/) override { return fail(Errc::unsupported, "none"); }
  Result<unsigned> online_memory() override { return 0U; }

 private:
  const Files& files_;
  std::string folder_;
};

class DriftTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const auto& entry : std::filesystem::directory_iterator{"/usr/lib/postgresql"})
      programs = std::max(programs, entry.path().string() + "/bin/");
    ASSERT_EQ(testing::run_step({programs + "initdb", "-D", folder.path("data"), "-U", "dynascale", "-A", "trust",
                                 "--no-sync", "--no-instructions", "-E", "UTF8", "--locale=C.UTF-8"},
                                folder),
              "");
    server.emplace(std::vector<std::string>{programs + "postgres", "-D", folder.path("data"), "-k", folder.path(),
                                            "-c", "listen_addresses=", "-c", "fsync=off"},
                   folder, SIGINT);
    ASSERT_TRUE(testing::eventually([&] { return sql("SELECT 1").empty(); })) << server->log();
  }
  [[nodiscard]] std::string sql(const std::string& command) const {
    return testing::run_step({programs + "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", folder.path(), "-U",
                              "dynascale", "-d", "postgres", "-c", command},
                             folder);
  }
  /// One life of the agent: it looks at a guest of this size and makes what it plans.
  std::vector<Application> live(Bytes memory, DriftRule rule = DriftRule::respect) {
    std::vector<std::unique_ptr<Adapter>> adapters;
    adapters.push_back(std::make_unique<postgresql::Postgresql>(files, postgresql::Options{}));
    OneServer system{files, folder.path("data")};
    OffloadPool pool{2};
    const auto divide_all = [](const GuestShare& share, const std::vector<Application>& all) {
      return divide({}, share, all);
    };
    Retuner retuner{std::move(adapters), system, divide_all, clock, pool, log,
                    retuner_options(Ratio::percent(5), rule, folder.path("agent.json"), Keep::yes, files, log)};
    const GuestShare share{{VcpuCount{2}, memory}, Bytes::gib(2), Bytes::gib(16), VcpuCount{4}};
    std::vector<Application> seen;
    asio::io_context context{1};
    asio::co_spawn(context, look_and_apply(retuner, share, seen), [](const std::exception_ptr& e) { EXPECT_FALSE(e); });
    context.run();
    pool.join();
    return seen;
  }
  asio::awaitable<void> look_and_apply(Retuner& retuner, GuestShare share, std::vector<Application>& seen) {
    const auto deadline = clock.now() + 60s;
    seen = co_await retuner.survey(share, deadline);
    const std::stop_token never;
    const auto done = co_await retuner.apply(seen, deadline, never);
    for (const auto& one : done) EXPECT_EQ(one.result, RetuneResult::verified) << one.error;
  }
  [[nodiscard]] static bool plans(const std::vector<Application>& seen, const std::string& setting) {
    return std::ranges::find(seen.at(0).plan.now, setting, &Change::setting) != seen.at(0).plan.now.end();
  }
  [[nodiscard]] static std::int64_t value(const std::vector<Application>& seen, const std::string& setting) {
    return seen.at(0).settings.find(setting)->value;
  }

  Files files;
  SystemClock clock;
  Log log{LogLevel::error, Log::Sink::standard_error};
  testing::ServerFolder folder;
  std::string programs;
  std::optional<testing::Server> server;
};

TEST_F(DriftTest, AValueSetByHandStaysUntilConfiguredOtherwise) {
  auto seen = live(Bytes::gib(4));
  ASSERT_EQ(seen.size(), 1U) << server->log();
  ASSERT_TRUE(plans(seen, "maintenance_work_mem"));

  seen = live(Bytes::gib(4));
  EXPECT_TRUE(seen.at(0).plan.now.empty()) << "the restarted agent repeats nothing";
  EXPECT_TRUE(seen.at(0).plan.notes.empty()) << "and takes its own values for its own: " << seen[0].plan.notes[0];
  const auto ours = value(seen, "maintenance_work_mem");

  ASSERT_EQ(sql("ALTER SYSTEM SET maintenance_work_mem = '77MB'"), "");
  ASSERT_EQ(sql("SELECT pg_reload_conf()"), "");
  ASSERT_TRUE(testing::eventually([&] { return value(live(Bytes::gib(4)), "maintenance_work_mem") == 77 << 20; }));
  seen = live(Bytes::gib(8));
  EXPECT_FALSE(plans(seen, "maintenance_work_mem"));
  EXPECT_TRUE(plans(seen, "effective_cache_size")) << "the others follow";
  ASSERT_FALSE(seen[0].plan.notes.empty());
  EXPECT_NE(seen[0].plan.notes[0].find("maintenance_work_mem was set to 77 MiB by somebody else"), std::string::npos)
      << seen[0].plan.notes[0];
  EXPECT_EQ(value(live(Bytes::gib(8)), "maintenance_work_mem"), 77 << 20);

  live(Bytes::gib(8), DriftRule::take_over);
  EXPECT_GT(value(live(Bytes::gib(8)), "maintenance_work_mem"), ours) << "it follows again";
}

}  // namespace
}  // namespace dynascale::agent
