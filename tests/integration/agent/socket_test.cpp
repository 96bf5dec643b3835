/// Self-registered applications and requests, with the real clients: Python's example pool and the C++ header.

#include "agent/local_socket.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <future>
#include <thread>

#include "agent/metric_book.hpp"
#include "clients/cpp/dynascale_client.hpp"
#include "runtime/process_info.hpp"
#include "server.hpp"
#include "tests/fakes/no_descriptors.hpp"

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::eventually;
using testing::limits_of;

class SocketTest : public ::testing::Test {
 protected:
  SocketTest() {
    // The servers' user may not be allowed into the source folder.
    std::filesystem::copy(DYNASCALE_SOURCE_DIR "/clients/python", folder.path("python"));
    for (const std::string file : {DYNASCALE_SOURCE_DIR "/docs/examples/pool.py", EXAMPLE_POOL})
      std::filesystem::copy(file, folder.path());
    auto opened = LocalSocket::open(
        context.get_executor(), folder.path("agent.sock"), {testing::server_user().uid}, registry,
        [this](const std::string& by, const RequestCall& call) -> Result<Accepted> {
          asked_by = by;
          if (call.vcpus > 4) return fail(Errc::limit_exceeded, "too much");
          return Accepted{.vcpus = 2 + call.vcpus, .memory_bytes = {}, .duration = call.duration, .host = true};
        },
        [this] { ++changes; }, log);
    socket = std::move(*opened);
    socket->on_metrics(
        [this](const std::string& source, const std::string& by, const MetricsCall& call) {
          return book.tell(source, by, call.values, clock.now());
        },
        [this](const std::string& source) { book.forget(source); });
    tasks.spawn("socket", socket->run());
    loop = std::jthread{[this] { context.run(); }};
  }
  ~SocketTest() override {
    asio::co_spawn(
        context,
        [](SocketTest* self) -> asio::awaitable<void> {
          co_await self->socket->stop();
          co_await self->tasks.stop_and_join();
        }(this),
        [](const std::exception_ptr&) {});
    loop.join();
  }
  [[nodiscard]] std::optional<Instance> registered(const std::string& id) {
    std::optional<Instance> found;
    static_cast<void>(eventually([&] {
      for (auto& instance : adapter.detect({}))
        if (instance.id == id) found = std::move(instance);
      return found.has_value();
    }));
    return found;
  }

  testing::ServerFolder folder;
  Files files;
  SystemClock clock;
  Log log{LogLevel::error, Log::Sink::standard_error};
  asio::io_context context{1};
  std::shared_ptr<Registry> registry = std::make_shared<Registry>();
  RegisteredAdapter adapter{registry};
  MetricBook book;
  std::atomic<int> changes = 0;
  std::string asked_by;
  TaskGroup tasks{context.get_executor(), [](const std::string&, const std::string& what) { ADD_FAILURE() << what; }};
  std::unique_ptr<LocalSocket> socket;
  std::jthread loop;
};

TEST_F(SocketTest, ThePythonPoolFollowsItsBudget) {
  testing::Server pool{{"/usr/bin/python3", "-B", folder.path("pool.py"), folder.path("agent.sock")},
                       folder,
                       SIGTERM,
                       {.environment = {"PYTHONPATH=" + folder.path("python")}}};
  const auto instance = registered("registered:pool");
  ASSERT_TRUE(instance) << pool.log();
  EXPECT_EQ(instance->main_pid, pool.pid());
  EXPECT_EQ(instance->uid, testing::server_user().uid);
  const auto settings = adapter.read(*instance, limits_of(clock));
  ASSERT_TRUE(settings);
  const auto plan = adapter.plan(*settings, {.vcpus = {3}, .memory = Bytes::gib(1)});
  ASSERT_EQ(plan.now.size(), 1U);
  const auto grown = adapter.apply(*instance, plan.now[0], limits_of(clock));
  ASSERT_TRUE(grown) << grown.error().what;
  EXPECT_TRUE(grown->complete());
  EXPECT_EQ(child_pids(files, pool.pid())->size(), 3U);
  const auto back = adapter.revert(*instance, plan.now[0], limits_of(clock));
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(child_pids(files, pool.pid())->size(), 1U);

  const Change memory{.setting = "memory_bytes", .from = 0, .to = 1 << 30, .unit = SettingUnit::bytes};
  const auto refused = adapter.apply(*instance, memory, limits_of(clock));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused);
  EXPECT_NE(refused.error().what.find("only vCPUs"), std::string::npos) << refused.error().what;

  const auto workers = child_pids(files, pool.pid());
  pool.stop();
  EXPECT_TRUE(eventually([&] { return adapter.detect({}).empty(); }));
  for (const auto worker : *workers)
    EXPECT_TRUE(eventually([&] {
      const auto process = read_process(files, worker);
      return !process || process->state == 'Z';
    })) << "a worker outlives its pool";
  EXPECT_EQ(adapter.read(*instance, limits_of(clock)).error().code, Errc::not_found);
}

TEST_F(SocketTest, TheCppPoolFollowsItsBudget) {
  testing::Server pool{{folder.path("example_pool"), folder.path("agent.sock")}, folder, SIGTERM};
  const auto instance = registered("registered:pool-cpp");
  ASSERT_TRUE(instance) << pool.log();
  // Seen from outside: its main thread and its workers.
  const auto threads = [&] {
    return files.list("/proc/" + std::to_string(pool.pid()) + "/task")->size() - 1;
  };
  const Change change{.setting = "vcpus", .from = 1, .to = 3};
  const auto grown = adapter.apply(*instance, change, limits_of(clock));
  ASSERT_TRUE(grown) << grown.error().what;
  EXPECT_EQ(threads(), 3U);
  const auto back = adapter.revert(*instance, change, limits_of(clock));
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_TRUE(eventually([&] { return threads() == 1; })) << threads();
}

TEST_F(SocketTest, TheCppClientFollowsAndASilentOneCostsTheDeadlineOnly) {
  dynascale_client::Agent agent;
  ASSERT_TRUE(agent.connect("worker", 2, folder.path("agent.sock"))) << agent.error();
  const auto instance = registered("registered:worker");
  ASSERT_TRUE(instance);
  const Change change{.setting = "vcpus", .from = 2, .to = 5};
  EXPECT_EQ(adapter.apply(*instance, change, limits_of(clock, 1s)).error().code, Errc::timeout);

  std::jthread client{[&] {
    for (auto budget = agent.next(); budget; budget = agent.next())
      if (budget->value == 5) agent.applied(*budget);
      else agent.refused(*budget, "too small");
  }};
  const auto grown = adapter.apply(*instance, change, limits_of(clock));
  ASSERT_TRUE(grown) << grown.error().what;
  EXPECT_EQ(grown->achieved, 5);
  EXPECT_EQ(adapter.revert(*instance, change, limits_of(clock)).error().code, Errc::refused);

  dynascale_client::Agent second;
  EXPECT_FALSE(second.connect("worker", 1, folder.path("agent.sock"))) << "the name is taken";
  EXPECT_NE(second.error().find("registered already"), std::string::npos) << second.error();
  agent.hang_up();
}

TEST_F(SocketTest, RequestsAreAnsweredAndBounded) {
  const auto ask = [this](const std::string& more) {
    return testing::run_step({"/usr/bin/python3", "-B", "-c",
                              "import sys; sys.path.insert(0, '" + folder.path("python") + "'); import dynascale; "
                              "print(dynascale.request(vcpus=" + more + ", reason='x', path='" +
                                  folder.path("agent.sock") + "')); sys.exit(3)"},
                             folder);
  };
  const auto accepted = ask("2");
  EXPECT_NE(accepted.find("'vcpus_wanted': 4"), std::string::npos) << accepted;
  EXPECT_EQ(asked_by, "user " + std::to_string(testing::server_user().uid));
  EXPECT_NE(ask("9").find("too much"), std::string::npos);
}

TEST_F(SocketTest, ApplicationsTellFiguresOfTheirOwnUntilTheyEnd) {
  const auto figures = [&] {
    std::promise<std::vector<wire::Metric>> all;
    asio::post(context, [&] { all.set_value(book.current(clock.now())); });
    return all.get_future().get();
  };
  dynascale_client::Agent agent;
  ASSERT_TRUE(agent.connect("worker", 2, folder.path("agent.sock"))) << agent.error();
  agent.tell("queue_length", 12.5);
  ASSERT_TRUE(eventually([&] { return figures().size() == 1; }));
  EXPECT_EQ(figures()[0].name, "queue_length");
  EXPECT_EQ(figures()[0].from, "registered:worker");
  EXPECT_EQ(figures()[0].value, 12.5);
  const auto output = testing::run_step(
      {"/usr/bin/python3", "-B", "-c",
       "import sys; sys.path.insert(0, '" + folder.path("python") + "'); import dynascale; "
       "agent = dynascale.Agent('py', vcpus=1, path='" + folder.path("agent.sock") + "'); "
       "agent.tell(queue_length=7, latency_ms=2.5); agent.tell(Wrong=1); print(agent.receive()); sys.exit(3)"},
      folder);
  EXPECT_NE(output.find("lower-case letters"), std::string::npos) << output;
  EXPECT_TRUE(eventually([&] { return figures().size() == 1; })) << "what it told is gone with it";
  agent.hang_up();
  EXPECT_TRUE(eventually([&] { return figures().empty(); }));
}

TEST_F(SocketTest, ApplicationsThatComeWhileNoDescriptorIsFreeAreServedLater) {
  asio::io_context own{1};
  asio::local::stream_protocol::socket early{own, asio::local::stream_protocol{}};
  {
    const testing::NoDescriptors none;
    early.connect(asio::local::stream_protocol::endpoint{folder.path("agent.sock")});
    for (int turn = 0; turn < 3; ++turn) {  // The loop has seen it by then.
      std::promise<void> turned;
      asio::post(context, [&] { turned.set_value(); });
      turned.get_future().wait();
    }
  }
  const std::string line = R"({"type":"register","name":"early","vcpus":1})" "\n";
  asio::write(early, asio::buffer(line));
  EXPECT_TRUE(registered("registered:early"));
  dynascale_client::Agent late;
  EXPECT_TRUE(late.connect("late", 2, folder.path("agent.sock"))) << late.error();
}

}  // namespace
}  // namespace dynascale::agent
