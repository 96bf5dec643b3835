#include "core/config/listen_address.hpp"

#include <gtest/gtest.h>

#include "core/config/host_config.hpp"

namespace dynascale::config {
namespace {

TEST(ListenAddress, ReadsNumericAddressesWithAPort) {
  EXPECT_EQ(parse_listen_address("127.0.0.1:9188"), (ListenAddress{"127.0.0.1", 9188, true}));
  EXPECT_EQ(parse_listen_address("[::1]:1"), (ListenAddress{"::1", 1, true}));
  EXPECT_EQ(parse_listen_address("0.0.0.0:443"), (ListenAddress{"0.0.0.0", 443, false}));
  EXPECT_EQ(parse_listen_address("[::ffff:127.0.0.1]:443"), (ListenAddress{"::ffff:127.0.0.1", 443, false}));
}

TEST(ListenAddress, RefusesTheRest) {
  for (const auto* text : {"", "9188", ":9188", "localhost:9188", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0",
                           "127.0.0.1:65536", "127.0.0.1:9188x", "::1:9188", "[127.0.0.1]:9188", "127.1:9188"})
    EXPECT_EQ(parse_listen_address(text), std::nullopt) << text;
}

std::string problems_of(const std::string& text) {
  std::string all;
  for (const auto& problem : parse_host_config(text, "hostd.toml").problems)
    all += problem.key + ": " + problem.what + '\n';
  return all;
}

TEST(DashboardConfig, IsOffByDefaultAndNeedsNothingOnLoopback) {
  EXPECT_EQ(parse_host_config("", "hostd.toml").value.dashboard.listen, "");
  EXPECT_EQ(problems_of("[dashboard]\nlisten = \"127.0.0.1:9188\"\n"), "");
}

TEST(DashboardConfig, NeedsTlsAndATokenBeyondLoopback) {
  const auto all = problems_of("[dashboard]\nlisten = \"0.0.0.0:9188\"\n");
  EXPECT_NE(all.find("dashboard.tls_certificate"), std::string::npos) << all;
  EXPECT_NE(all.find("dashboard.token_file"), std::string::npos) << all;
  EXPECT_EQ(problems_of("[dashboard]\nlisten = \"0.0.0.0:9188\"\ntoken_file = \"/t\"\ntls_certificate = \"/c\"\n"
                        "tls_key = \"/k\"\n"),
            "");
}

TEST(DashboardConfig, TellsEveryMistakeAtOnce) {
  const auto all =
      problems_of("[dashboard]\nlisten = \"here\"\nnames = [\"a:1\"]\ntoken_file = \"t\"\ntls_key = \"/k\"\n");
  for (const auto* key : {"dashboard.listen", "dashboard.names", "dashboard.token_file", "dashboard.tls_key"})
    EXPECT_NE(all.find(key), std::string::npos) << key << '\n' << all;
}

}  // namespace
}  // namespace dynascale::config
