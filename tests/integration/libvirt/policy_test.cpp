// A guest's policy through the API into libvirt's test driver and back into force.

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "hostd/libvirt/connection.hpp"
#include "hostd/policy_api.hpp"
#include "hostd/settings.hpp"
#include "tests/integration/libvirt/support.hpp"

namespace dynascale::itest {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

const char* const guest_xml =
    "<domain type='test'><name>web 1</name><memory unit='MiB'>1024</memory><vcpu current='1'>4</vcpu>"
    "<metadata><policy xmlns='urn:dynascale:policy:1' mode='advise'/></metadata><os><type>hvm</type></os>"
    "<devices><memballoon model='virtio'/></devices></domain>";

class PolicyApiTest : public testing::Test {
 protected:
  PolicyApiTest() {
    if (const auto connected = hypervisor_.connect(); !connected) throw std::runtime_error(connected.error().what);
    id_ = hypervisor_.create_transient(guest_xml).value();
    asio::post(loop_.io(), [this] { tasks_.spawn("daemon", daemon_.run()); });
    EXPECT_TRUE(eventually([&] { return ask("GET", "").status == 200; }));
  }
  ~PolicyApiTest() override {
    asio::co_spawn(loop_.io(), end(), asio::use_future).get();
    hypervisor_.close();
    pool_.join();
    EXPECT_TRUE(loop_.drain());
  }
  asio::awaitable<void> end() {
    co_await tasks_.stop_and_join();
    co_await daemon_.stop();
  }
  HttpReply ask(const std::string& method, const std::string& more, const std::string& body = "",
                uid_t uid = ::geteuid()) {
    HttpRequest request{method, "/v1/guests/web%201/policy" + more, body, {}};
    request.peer.uid = uid;
    EXPECT_TRUE(hostd::PolicyApi::serves(request));
    return asio::co_spawn(loop_.io(), api_.answer(std::move(request)), asio::use_future).get();
  }
  static json::object body_of(const HttpReply& reply) { return json::parse(reply.body).as_object(); }
  std::string written() { return hypervisor_.describe(id_).value().policy_xml; }

  LoopThread loop_;
  SystemClock clock_;
  Log log_{LogLevel::error, Log::Sink::standard_error};
  OffloadPool pool_{2};
  config::HostConfig config_;
  hostd::SettingsOf settings_of_{[this](const hostd::GuestDescription& guest) {
    return hostd::settings_of(config_, guest);
  }};
  hostd::LibvirtHypervisor hypervisor_{
      loop_.io(), {.uri = "test:///default"}, {.event = [](const auto&) {}, .lost = {}}};
  hostd::GuestId id_;
  hostd::Daemon daemon_{loop_.io().get_executor(),
                        {},
                        {hypervisor_, [] { return Status{}; },
                         [](const std::string&, const std::string&, hostd::ChannelHandlers) {
                           return std::unique_ptr<hostd::GuestChannel>{};
                         },
                         settings_of_, pool_, clock_, log_},
                        1000};
  hostd::PolicyApi api_{daemon_, hypervisor_, settings_of_, log_};
  TaskGroup tasks_{loop_.io().get_executor(),
                   [](const std::string&, const std::string& what) { ADD_FAILURE() << what; }};
};

TEST_F(PolicyApiTest, TellsWhatIsWrittenAndWhatIsInForce) {
  const auto body = body_of(ask("GET", ""));
  EXPECT_NE(body.at("xml").as_string().find("advise"), std::string::npos);
  EXPECT_NE(body.at("in_force").as_string().find("mode = \"advise\""), std::string::npos);
  EXPECT_NE(body.at("in_force").as_string().find("vcpus_max = 4"), std::string::npos);
}

TEST_F(PolicyApiTest, WhatIsSetIsInLibvirtAndInForceWithTheAnswer) {
  const auto set = ask("POST", "", R"({"set":{"mode":"off","vcpus.max":"3","schedule.day.start":"0 8 * * *",
    "schedule.day.end":"0 18 * * *","schedule.day.vcpus_min":"2"}})");
  ASSERT_EQ(set.status, 200U) << set.body;
  EXPECT_NE(written().find("0 18 * * *"), std::string::npos) << written();
  const auto now = body_of(ask("GET", ""));
  for (const auto* part : {"mode = \"off\"", "vcpus_max = 3", "start = \"0 8 * * *\""})
    EXPECT_NE(now.at("in_force").as_string().find(part), std::string::npos) << part;
  ASSERT_EQ(ask("POST", "", R"({"set":{"vcpus.max":""}})").status, 200U);
  EXPECT_EQ(written().find("vcpus max"), std::string::npos) << written();
  EXPECT_NE(written().find("0 18 * * *"), std::string::npos) << "the rest stays";
  ASSERT_EQ(ask("POST", "", R"({"xml":"<policy mode='advise'/>"})").status, 200U);
  EXPECT_EQ(written().find("0 18 * * *"), std::string::npos) << "replaced whole";
}

TEST_F(PolicyApiTest, AWrongPolicyIsNotWrittenAndEveryMistakeIsNamed) {
  const auto before = written();
  const auto reply = ask("POST", "", R"({"set":{"colour":"red","vcpus.max":"none","pressure.target_percent":"700"}})");
  EXPECT_EQ(reply.status, 400U);
  for (const auto* part : {"colour", "none", "target_percent"})
    EXPECT_NE(reply.body.find(part), std::string::npos) << reply.body;
  const auto values = ask("POST", "", R"({"set":{"pressure.target_percent":"700","guard.nonsense":"1"}})");
  EXPECT_EQ(values.status, 400U);
  for (const auto* part : {"target_percent", "nonsense"})
    EXPECT_NE(values.body.find(part), std::string::npos) << values.body;
  for (const auto* body : {"", "[]", "{}", R"({"set":7})", R"({"xml":"<policy/>","set":{}})", R"({"set":{"mode":7}})",
                           R"({"xml":"<policy"})", R"({"xml":"<domain/>"})"})
    EXPECT_EQ(ask("POST", "", body).status, 400U) << body;
  EXPECT_EQ(written(), before);
}

TEST_F(PolicyApiTest, CheckWritesNothing) {
  const auto before = written();
  const auto checked = ask("POST", "/check", R"({"set":{"mode":"off"}})", 4711);
  ASSERT_EQ(checked.status, 200U) << checked.body;
  EXPECT_NE(body_of(checked).at("in_force").as_string().find("mode = \"off\""), std::string::npos);
  EXPECT_EQ(ask("POST", "/check", R"({"set":{"mode":"maybe"}})").status, 400U);
  EXPECT_EQ(written(), before);
}

TEST_F(PolicyApiTest, OnlyRootAndTheDaemonsUserMaySet) {
  const auto before = written();
  EXPECT_EQ(ask("POST", "", R"({"set":{"mode":"off"}})", 4711).status, 403U);
  EXPECT_EQ(written(), before);
}

}  // namespace
}  // namespace dynascale::itest
