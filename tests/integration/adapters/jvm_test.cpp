#include "adapters/jvm/jvm.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>
#include <thread>

#include "adapters/jvm/flags.hpp"
#include "adapters/sizing.hpp"
#include "http_load.hpp"
#include "runtime/process_info.hpp"
#include "runtime/unique_fd.hpp"
#include "server.hpp"

namespace dynascale {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using testing::limits_of;

/// Each request makes a megabyte of garbage; "/fill" one that fills 300 MiB of the heap and lets them go.
constexpr auto server_source = R"(
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.concurrent.Executors;

public class Server {
  static volatile Object sink;

  public static void main(String[] arguments) throws Exception {
    var server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])), 256);
    server.createContext("/", exchange -> {
      boolean fill = exchange.getRequestURI().getPath().equals("/fill");
      var garbage = new ArrayList<byte[]>();
      for (int block = 0; block < (fill ? 4800 : 16); ++block) garbage.add(new byte[64 * 1024]);
      sink = garbage;
      sink = null;
      byte[] body = "done".getBytes();
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.setExecutor(Executors.newFixedThreadPool(4));
    server.start();
  }
}
)";

/// Two clients that leave most of the heap unused at any time: one that is used as a whole gives nothing back.
class ModestLoad : public testing::Load {
 public:
  explicit ModestLoad(const std::string& address)
      : Load{2, [=](int) {
               return [=] {
                 std::this_thread::sleep_for(20ms);
                 return testing::http_get(address, "/");
               };
             }} {}
};

class JvmTest : public ::testing::Test {
 protected:
  void start(const std::vector<std::string>& options) {
    folder.write("Server.java", server_source);
    std::vector<std::string> argv{"/usr/bin/java", "-Xmx512m", "-Xms16m", "-XX:-UsePerfData"};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.insert(argv.end(), {folder.path("Server.java"), std::to_string(port)});
    server.emplace(argv, folder, SIGTERM);
    ASSERT_TRUE(eventually([&] { return testing::http_get(address(), "/").empty(); }, 120s)) << server->log();
    const auto found = testing::find_instance(adapter, server->pid());
    ASSERT_TRUE(found);
    instance = *found;
  }
  void fill() const { ASSERT_EQ(testing::http_get(address(), "/fill"), "") << server->log(); }
  [[nodiscard]] std::string address() const { return fmt::format("127.0.0.1:{}", port); }
  /// Asked from outside of the adapter, by the JDK's own tool.
  [[nodiscard]] std::string jcmd(const std::string& what) const {
    const Command command{.argv = {"/usr/bin/jcmd", "-J-XX:-UsePerfData", std::to_string(server->pid()), what},
                          .identity = ::geteuid() == 0 ? std::optional{testing::server_user()} : std::nullopt};
    const auto result = run_command(command, clock, clock.now() + 60s, {});
    return result ? result->output : result.error().what;
  }
  [[nodiscard]] std::int64_t flag(std::string_view name) const {
    return jvm::number_of(jvm::parse_flags(jcmd("VM.flags -all")), name).value_or(-1);
  }
  [[nodiscard]] Bytes heap() const {
    const auto now = jvm::parse_heap(jcmd("GC.heap_info"));
    return now ? now->committed : Bytes::max();
  }
  [[nodiscard]] Bytes memory() const { return read_proportional(files, server->pid()).value_or(Bytes{}); }
  [[nodiscard]] ApplicationPlan plan(Bytes part, Bytes ceiling = {}) {
    const auto settings = adapter.read(instance, limits_of(clock));
    EXPECT_TRUE(settings) << settings.error().what << server->log();
    if (!settings) return {};
    return adapter.plan(*settings, {.vcpus = {2}, .memory = part, .memory_ceiling = ceiling});
  }
  void make(const std::vector<Change>& changes) {
    for (const auto& change : changes) {
      const auto done = adapter.apply(instance, change, limits_of(clock, 120s));
      ASSERT_TRUE(done) << change.setting << ' ' << done.error().what << server->log();
      EXPECT_TRUE(done->complete()) << change.setting << ' ' << done->achieved << " instead of " << change.to;
      EXPECT_EQ(flag(change.setting), change.to) << change.setting;
    }
  }

  Files files;
  SystemClock clock;
  testing::ServerFolder folder;
  std::uint16_t port = testing::free_port();
  jvm::Jvm adapter{files};
  std::optional<testing::Server> server;
  Instance instance;
};

TEST_F(JvmTest, ZgcGrowsAndShrinksUnderLoadAndLosesNoRequest) {
  ASSERT_NO_FATAL_FAILURE(start({"-XX:+UseZGC", "-XX:ZUncommitDelay=1"}));
  fill();
  const auto before = memory();
  ASSERT_GT(before, Bytes::mib(300)) << "the heap was filled";
  ModestLoad load{address()};
  const auto small = plan(Bytes::mib(280));
  ASSERT_EQ(small.now.size(), 1U);
  ASSERT_NO_FATAL_FAILURE(make(small.now));
  EXPECT_LE(heap(), as_bytes(small.now[0].to));
  EXPECT_LT(memory(), before.scaled(0.75)) << "the process gave memory back";
  const auto large = plan(Bytes::gib(2));
  ASSERT_EQ(large.now.size(), 1U);
  EXPECT_EQ(large.now[0].to, as_signed(Bytes::mib(512)));
  ASSERT_NO_FATAL_FAILURE(make(large.now));
  const auto reverted = adapter.revert(instance, large.now[0], limits_of(clock, 120s));
  ASSERT_TRUE(reverted) << reverted.error().what;
  EXPECT_EQ(flag("SoftMaxHeapSize"), small.now[0].to);
  load.stop();
  EXPECT_GT(load.answered(), 100);
  EXPECT_EQ(load.failed(), 0) << load.first_failure();
}

TEST_F(JvmTest, WhatLivesInAHeapIsNotSqueezed) {
  ASSERT_NO_FATAL_FAILURE(start({"-XX:+UseZGC", "-XX:ZUncommitDelay=1"}));
  const Change change{"SoftMaxHeapSize", 512LL << 20, 2LL << 20, SettingUnit::bytes};
  const auto done = adapter.apply(instance, change, limits_of(clock, 30s));
  ASSERT_TRUE(done) << done.error().what;
  EXPECT_FALSE(done->complete()) << "two MiB hold no Java program";
  EXPECT_GE(done->achieved, as_signed(Bytes::mib(2)));
  EXPECT_EQ(flag("SoftMaxHeapSize"), done->achieved) << "the limit is one that it can keep";
}

TEST_F(JvmTest, G1GivesBackUnderLoadAndLosesNoRequest) {
  ASSERT_NO_FATAL_FAILURE(start({"-XX:+UseG1GC"}));
  fill();
  ASSERT_GT(heap(), Bytes::mib(250));
  const auto before = memory();
  testing::HttpLoad load{address(), "/", 2};
  const auto small = plan(Bytes::mib(280));
  ASSERT_EQ(small.now.size(), 3U);
  ASSERT_NO_FATAL_FAILURE(make(small.now));
  EXPECT_LT(heap(), Bytes::mib(250)) << jcmd("GC.heap_info");
  EXPECT_LT(memory(), before) << "the process gave memory back";
  ASSERT_TRUE(plan(Bytes::mib(280)).now.empty()) << "it is settled";
  const auto large = plan(Bytes::gib(2));
  ASSERT_EQ(large.now.size(), 3U);
  ASSERT_NO_FATAL_FAILURE(make(large.now));
  EXPECT_EQ(flag("G1PeriodicGCInterval"), 0);
  load.stop();
  EXPECT_GT(load.answered(), 100);
  EXPECT_EQ(load.failed(), 0) << load.first_failure();
}

TEST_F(JvmTest, SerialWaitsForARestartAndIsToldHowToStart) {
  ASSERT_NO_FATAL_FAILURE(start({"-XX:+UseSerialGC"}));
  const auto waiting = plan(Bytes::mib(280), Bytes::gib(4));
  EXPECT_TRUE(waiting.now.empty());
  ASSERT_FALSE(waiting.pending_restart.empty());
  EXPECT_EQ(waiting.pending_restart[0].setting, "MaxHeapSize");
  std::string notes;
  for (const auto& note : waiting.notes) notes += note + '\n';
  EXPECT_NE(notes.find("-XX:+UseZGC"), std::string::npos) << notes;
  const auto refused = adapter.apply(instance, waiting.pending_restart[0], limits_of(clock));
  EXPECT_EQ(refused.error().code, Errc::invalid_argument);
}

TEST_F(JvmTest, OneThatMayNotBeAskedIsLeftAlone) {
  ASSERT_NO_FATAL_FAILURE(start({"-XX:+DisableAttachMechanism"}));
  const auto log = server->log();
  const auto settings = adapter.read(instance, limits_of(clock));
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().code, Errc::unsupported) << settings.error().what;
  EXPECT_EQ(testing::http_get(address(), "/"), "");
  EXPECT_EQ(server->log(), log) << "no dump of threads was asked for";
}

TEST_F(JvmTest, AnotherProcessThatListensInItsPlaceIsNotBelieved) {
  ASSERT_NO_FATAL_FAILURE(start({}));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strcpy(name.sun_path, fmt::format("/tmp/.java_pid{}", server->pid()).c_str());
  const UniqueFd impostor{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  ASSERT_EQ(::bind(impostor.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  ::chmod(name.sun_path, 0777);
  ASSERT_EQ(::listen(impostor.get(), 1), 0);
  const auto settings = adapter.read(instance, limits_of(clock));
  std::filesystem::remove(name.sun_path);
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().code, Errc::refused) << settings.error().what;
  EXPECT_TRUE(adapter.read(instance, limits_of(clock))) << "without it the JVM itself answers";
}

TEST_F(JvmTest, LeavesNothingInTheFolderOfTheJvm) {
  ASSERT_NO_FATAL_FAILURE(start({}));
  ASSERT_TRUE(adapter.read(instance, limits_of(clock)));
  EXPECT_FALSE(files.exists(fmt::format("/tmp/.attach_pid{}", server->pid())));
  EXPECT_TRUE(files.exists(fmt::format("/tmp/.java_pid{}", server->pid()))) << "the JVM's own, gone with it";
  server->stop();
  EXPECT_FALSE(adapter.read(instance, limits_of(clock)));
}

}  // namespace
}  // namespace dynascale
