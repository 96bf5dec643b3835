#include "hostd/web/gate.hpp"

#include <gtest/gtest.h>

namespace dynascale::hostd {
namespace {

using namespace std::chrono_literals;
constexpr Instant start{std::chrono::hours{1}};

HttpRequest get(const std::string& target = "/v1/status", const std::string& host = "127.0.0.1:9188") {
  HttpRequest request;
  request.method = "GET";
  request.target = target;
  request.host = host;
  request.peer = nobody();
  return request;
}

GateRules rules() {
  GateRules rules;
  rules.port = 9188;
  rules.address = "127.0.0.1";
  return rules;
}

unsigned answer(Gate& gate, const HttpRequest& request, Instant now = start) {
  const auto refusal = gate.refusal(request, now);
  return refusal ? refusal->status : 200;
}

TEST(Gate, AnswersReadersUnderItsOwnNames) {
  Gate gate{rules()};
  for (const auto* host : {"127.0.0.1:9188", "localhost:9188", "LOCALHOST:9188", "[::1]:9188"})
    EXPECT_EQ(answer(gate, get("/v1/status", host)), 200) << host;
  for (const auto* host : {"", "evil.example", "evil.example:9188", "127.0.0.1", "127.0.0.1:80", "[::1]", "localhost."})
    EXPECT_EQ(answer(gate, get("/v1/status", host)), 421) << host;
}

TEST(Gate, KnowsTheNamesThatAnOperatorGave) {
  auto with_names = rules();
  with_names.names = {"vm.example.org"};
  Gate gate{with_names};
  for (const auto* host : {"vm.example.org", "vm.example.org:9188", "VM.example.org:443"})
    EXPECT_EQ(answer(gate, get("/v1/status", host)), 200) << host;
  for (const auto* host : {"example.org", "vm.example.org.evil", "xvm.example.org"})
    EXPECT_EQ(answer(gate, get("/v1/status", host)), 421) << host;
}

TEST(Gate, KnowsItsAddressWithoutThePortThatIsUsual) {
  auto usual = rules();
  usual.port = 443;
  usual.address = "::1";
  usual.tls = true;
  Gate gate{usual};
  EXPECT_EQ(answer(gate, get("/v1/status", "[::1]")), 200);
  EXPECT_EQ(answer(gate, get("/v1/status", "localhost:443")), 200);
}

TEST(Gate, ChangesNothing) {
  Gate gate{rules()};
  auto request = get("/v1/guests/web/pause");
  request.method = "POST";
  EXPECT_EQ(answer(gate, request), 405);
}

TEST(Gate, AnswersNoPageOfAnotherSite) {
  Gate gate{rules()};
  auto request = get();
  request.origin = "http://localhost:9188";
  EXPECT_EQ(answer(gate, request), 200);
  for (const auto* origin : {"null", "http://evil.example", "https://evil.example:9188", "127.0.0.1:9188"}) {
    request.origin = origin;
    EXPECT_EQ(answer(gate, request), 403) << origin;
  }
  request.origin.clear();
  request.fetch_site = "cross-site";
  EXPECT_EQ(answer(gate, request), 403);
}

TEST(Gate, WantsTheTokenWhereThereIsOne) {
  auto with_token = rules();
  with_token.token = "0123456789abcdef";
  Gate gate{with_token};
  EXPECT_EQ(answer(gate, get()), 401);
  auto request = get();
  for (const auto* wrong : {"Bearer 0123456789abcde", "Bearer 0123456789abcdef0", "Bearer ", "0123456789abcdef",
                            "Basic 0123456789abcdef"}) {
    request.authorization = wrong;
    EXPECT_EQ(answer(gate, request), 401) << wrong;
  }
  request.authorization = "Bearer 0123456789abcdef";
  EXPECT_EQ(answer(gate, request), 200);
}

TEST(Gate, LetsThoseWithTheTokenInWhileOthersFlood) {
  auto with_token = rules();
  with_token.token = "0123456789abcdef";
  Gate gate{with_token};
  unsigned last = 0;
  for (int i = 0; i < 1000; ++i) last = answer(gate, get());
  EXPECT_EQ(last, 429);
  auto request = get();
  request.authorization = "Bearer 0123456789abcdef";
  EXPECT_EQ(answer(gate, request), 200);
}

TEST(Gate, AnswersAgainAfterAFlood) {
  Gate gate{rules()};
  while (answer(gate, get()) == 200) {
  }
  EXPECT_EQ(answer(gate, get()), 429);
  EXPECT_EQ(answer(gate, get(), start + 1s), 200);
}

TEST(SocketGate, RefusesWhatAForwardedBrowserMayBeMadeToAsk) {
  const auto status = [](const HttpRequest& request) {
    const auto refusal = socket_refusal(request);
    return refusal ? refusal->status : 200U;
  };
  EXPECT_EQ(status(get("/v1/status", "localhost")), 200);
  EXPECT_EQ(status(get("/v1/status", "localhost:9188")), 200);
  EXPECT_EQ(status(get("/v1/status", "")), 200);  // HTTP/1.0 and hand-made clients; no browser.
  EXPECT_EQ(status(get("/v1/status", "evil.example:9188")), 421);
  auto post = get("/v1/guests/web/pause", "localhost");
  post.method = "POST";
  EXPECT_EQ(status(post), 200);
  post.origin = "http://localhost";
  EXPECT_EQ(status(post), 403);
  post.origin.clear();
  post.fetch_site = "none";
  EXPECT_EQ(status(post), 403);
  auto read = get("/v1/status", "localhost:9188");
  read.origin = "http://localhost:9188";
  EXPECT_EQ(status(read), 200);
  read.origin = "http://evil.example";
  EXPECT_EQ(status(read), 403);
}

}  // namespace
}  // namespace dynascale::hostd
