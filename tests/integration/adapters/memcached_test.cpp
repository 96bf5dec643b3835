#include "adapters/memcached/memcached.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "load.hpp"
#include "runtime/process_info.hpp"
#include "server.hpp"

namespace dynascale {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using testing::limits_of;

class MemcachedTest : public ::testing::Test {
 protected:
  void start(std::vector<std::string> arguments) {
    std::vector<std::string> argv{"/usr/bin/memcached", "-s", folder.path("s"), "-t", "2"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    server.emplace(argv, folder, SIGTERM);
    ASSERT_TRUE(eventually([&] { return ask("version").starts_with("VERSION"); })) << server->log();
    const auto found = testing::find_instance(adapter, server->pid());
    ASSERT_TRUE(found) << "the adapter does not see the server";
    instance = *found;
  }

  /// A connection and a line of its own.
  [[nodiscard]] std::string ask(const std::string& command) const {
    auto stream = LocalStream::open({.path = folder.path("s")}, limits_of(clock));
    if (!stream || !stream->send(command + "\r\n", limits_of(clock))) return "error: not connected";
    const auto line = stream->line(limits_of(clock));
    return line ? *line : "error: " + line.error().what;
  }
  [[nodiscard]] std::int64_t stat(std::string_view what, std::string_view name) const {
    auto stream = LocalStream::open({.path = folder.path("s")}, limits_of(clock));
    memcached::Stats stats;
    if (!stream || !stream->send(fmt::format("stats {}\r\n", what), limits_of(clock))) return -1;
    for (auto line = stream->line(limits_of(clock)); line && *line != "END";
         line = stream->line(limits_of(clock)))
      memcached::add_stat(stats, *line);
    return memcached::number_of(stats, name, -1);
  }
  void fill(int mebibytes, std::size_t value_size) {
    auto stream = LocalStream::open({.path = folder.path("s")}, limits_of(clock));
    ASSERT_TRUE(stream);
    const std::string value(value_size, 'x');
    const auto count = (static_cast<std::size_t>(mebibytes) << 20) / value_size;
    for (std::size_t index = 0; index < count; ++index)
      ASSERT_TRUE(stream->send(fmt::format("set fill:{} 0 0 {} noreply\r\n{}\r\n", index, value_size, value),
                               limits_of(clock)));
    ASSERT_TRUE(stream->send("version\r\n", limits_of(clock)));
    ASSERT_TRUE(stream->line(limits_of(clock)));
  }
  /// Writes and reads keys of its own; an evicted key is no failure, a wrong answer is.
  [[nodiscard]] testing::Load::MakeClient clients() const {
    return [this](int number) {
      auto opened = LocalStream::open({.path = folder.path("s")}, limits_of(clock));
      auto stream = opened ? std::make_shared<LocalStream>(std::move(*opened)) : nullptr;
      return [this, stream, number, round = 0]() mutable -> std::string {
        if (!stream) return "not connected";
        const auto key = fmt::format("client:{}:{}", number, ++round % 100);
        const auto value = fmt::format("value {:08}", round);
        const auto line = [&] { return stream->line(limits_of(clock)).value_or("closed"); };
        if (!stream->send(fmt::format("set {} 0 0 14\r\n{}\r\nget {}\r\n", key, value, key),
                          limits_of(clock)))
          return "cannot send";
        if (const auto stored = line(); stored != "STORED") return stored;
        const auto head = line();
        if (head == "END") return "";
        const auto got = line();
        return got == value && line() == "END" ? "" : got;
      };
    };
  }
  [[nodiscard]] Bytes resident() const { return read_resident(files, server->pid()).value(); }
  [[nodiscard]] static Change change_of(std::int64_t from_mib, std::int64_t to_mib) {
    return {
        .setting = "limit_maxbytes", .from = from_mib << 20, .to = to_mib << 20, .unit = SettingUnit::bytes};
  }

  Files files;
  SystemClock clock;
  testing::ServerFolder folder;
  memcached::Memcached adapter{files, {}};
  std::optional<testing::Server> server;
  Instance instance;
};

TEST_F(MemcachedTest, GrowsAndShrinksUnderLoadWithoutAFailedCommand) {
  ASSERT_NO_FATAL_FAILURE(start({"-m", "64"}));
  testing::Load load{4, clients()};
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_TRUE(settings) << settings.error().what;
  const auto plan = adapter.plan(*settings, {.vcpus = {1}, .memory = Bytes::mib(400)});
  ASSERT_EQ(plan.now.size(), 1U);
  const auto grown = adapter.apply(instance, plan.now[0], limits_of(clock));
  ASSERT_TRUE(grown) << grown.error().what;
  EXPECT_EQ(stat("settings", "maxbytes"), 340LL << 20);

  ASSERT_NO_FATAL_FAILURE(fill(300, 4000));
  ASSERT_GT(resident(), Bytes::mib(280));
  const auto shrunk = adapter.apply(instance, change_of(340, 100), limits_of(clock));
  ASSERT_TRUE(shrunk) << shrunk.error().what;
  EXPECT_TRUE(shrunk->complete()) << shrunk->achieved << " " << resident().floor_mib();
  EXPECT_EQ(stat("settings", "maxbytes"), 100LL << 20);
  EXPECT_LE(stat("slabs", "total_malloced"), 100LL << 20);
  EXPECT_LT(resident(), Bytes::mib(150)) << "the memory itself came back";
  EXPECT_GT(stat("", "curr_items"), 1000) << "what fits is kept";

  const auto answered = load.answered();
  ASSERT_TRUE(eventually([&] { return load.answered() > answered + 100; }));
  load.stop();
  EXPECT_EQ(load.failed(), 0) << load.first_failure();
}

TEST_F(MemcachedTest, RevertsToTheLimitBefore) {
  ASSERT_NO_FATAL_FAILURE(start({"-m", "128"}));
  const auto change = change_of(128, 64);
  ASSERT_TRUE(adapter.apply(instance, change, limits_of(clock)));
  EXPECT_EQ(stat("settings", "maxbytes"), 64LL << 20);
  const auto reverted = adapter.revert(instance, change, limits_of(clock));
  ASSERT_TRUE(reverted) << reverted.error().what;
  EXPECT_EQ(stat("settings", "maxbytes"), 128LL << 20);
}

TEST_F(MemcachedTest, RefusesALimitThatTheServerWouldRound) {
  ASSERT_NO_FATAL_FAILURE(start({"-m", "128"}));
  auto odd = change_of(128, 64);
  odd.to += 1;
  EXPECT_EQ(adapter.apply(instance, odd, limits_of(clock)).error().code, Errc::refused);
  EXPECT_EQ(adapter.apply(instance, change_of(128, 1), limits_of(clock)).error().code, Errc::refused);
  EXPECT_EQ(stat("settings", "maxbytes"), 128LL << 20);
}

TEST_F(MemcachedTest, AStoppedServerCostsNoMoreThanTheDeadline) {
  ASSERT_NO_FATAL_FAILURE(start({}));
  ::kill(server->pid(), SIGSTOP);
  const auto settings = adapter.read(instance, limits_of(clock, 1s));
  ::kill(server->pid(), SIGCONT);
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().code, Errc::timeout) << settings.error().what;
}

}  // namespace
}  // namespace dynascale
