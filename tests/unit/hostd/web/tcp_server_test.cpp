#include "hostd/web/tcp_server.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "runtime/http_get.hpp"
#include "tests/fakes/no_descriptors.hpp"

namespace dynascale::hostd {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// A port that nobody has at this moment.
unsigned short free_port(asio::io_context& context) {
  const tcp::acceptor probe{context, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
  return probe.local_endpoint().port();
}

TEST(TcpServer, WhoComesWhileNoDescriptorIsFreeIsAnsweredLater) {
  asio::io_context context{1};
  const auto port = free_port(context);
  int asked = 0;
  const HttpHandler handler = [&asked](HttpRequest /*request*/) -> asio::awaitable<HttpReply> {
    ++asked;
    co_return HttpReply{200, "here", "text/plain"};
  };
  auto server = TcpServer::listen(context.get_executor(), "127.0.0.1", port, {}, handler);
  ASSERT_TRUE(server) << server.error().what;
  (*server)->start();
  tcp::socket early{context, tcp::v4()};
  {
    const testing::NoDescriptors none;
    early.connect({asio::ip::address_v4::loopback(), port});
    context.run_for(std::chrono::milliseconds{100});
    ASSERT_FALSE(context.stopped()) << "the listener ended";
  }
  std::string answer;
  Result<HttpAnswer> late = fail(Errc::cancelled, "not asked");
  std::thread client{[&] {
    const std::string request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    boost::system::error_code end;
    asio::write(early, asio::buffer(request), end);
    asio::read(early, asio::dynamic_buffer(answer), end);
    late = http_get("http://127.0.0.1:" + std::to_string(port) + "/", {.timeout = std::chrono::seconds{20}});
    asio::post(context, [&] { asio::co_spawn(context, (*server)->stop(), [](const std::exception_ptr&) {}); });
  }};
  context.run();
  client.join();
  EXPECT_NE(answer.find("here"), std::string::npos) << answer;
  ASSERT_TRUE(late) << late.error().what;
  EXPECT_EQ(late->body, "here");
  EXPECT_EQ(asked, 2);
}

}  // namespace
}  // namespace dynascale::hostd
