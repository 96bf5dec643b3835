#include "adapters/local_stream.hpp"

#include <gtest/gtest.h>

namespace dynascale {
namespace {

TEST(ParseLocalAddress, TakesEveryFormThatServersPrint) {
  const LocalAddress loopback{.host = "127.0.0.1", .port = 6379};
  for (const auto* text : {"127.0.0.1:6379", ":6379", "*:6379", "0.0.0.0:6379", "localhost:6379"})
    EXPECT_EQ(parse_local_address(text).value(), loopback) << text;
  for (const auto* text : {"/run/s", "unix:/run/s", "unixsocket:/run/s"})
    EXPECT_EQ(parse_local_address(text)->path, "/run/s") << text;
  EXPECT_EQ(parse_local_address("[::]:11211")->host, "::1");
  EXPECT_EQ(to_string(*parse_local_address("[::1]:11211")), "[::1]:11211");
}

TEST(ParseLocalAddress, RefusesWhatIsNone) {
  for (const auto* text :
       {"", "redis", "host.example:1", "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3.4:1x", "[::1"})
    EXPECT_FALSE(parse_local_address(text)) << text;
}

TEST(LocalStream, SaysThatNobodyListens) {
  const SystemClock clock;
  const CallLimits limits{.clock = clock, .deadline = clock.now() + std::chrono::seconds{5}, .stop = {}};
  EXPECT_EQ(LocalStream::open({.path = "/nonexistent/socket"}, limits).error().code, Errc::unavailable);
  EXPECT_EQ(LocalStream::open({.path = std::string(200, 'x')}, limits).error().code, Errc::invalid_argument);
}

}  // namespace
}  // namespace dynascale
