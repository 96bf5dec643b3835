#include "agent/local_messages.hpp"

#include <gtest/gtest.h>

#include "agent/request_book.hpp"

namespace dynascale::agent {
namespace {

using namespace std::chrono_literals;

TEST(ParseLocal, ReadsEveryCall) {
  const auto registering = parse_local(R"({"type":"register","name":"pool-1","vcpus":4,"memory_floor_bytes":1024})");
  ASSERT_TRUE(registering) << registering.error().what;
  const auto& call = std::get<RegisterCall>(*registering);
  EXPECT_EQ(call.name, "pool-1");
  EXPECT_EQ(call.vcpus, 4);
  EXPECT_FALSE(call.memory_bytes);
  EXPECT_EQ(call.memory_floor, Bytes::kib(1));

  const auto applied = parse_local(R"({"type":"applied","id":7,"value":3})");
  ASSERT_TRUE(applied);
  EXPECT_TRUE(std::get<AnswerCall>(*applied).applied);
  EXPECT_EQ(std::get<AnswerCall>(*applied).value, 3);
  const auto refused = parse_local(R"({"type":"refused","id":8,"reason":"busy"})");
  ASSERT_TRUE(refused);
  EXPECT_EQ(std::get<AnswerCall>(*refused).reason, "busy");

  const auto metrics = parse_local(R"({"type":"metrics","values":{"queue_length":12,"latency_ms":2.5}})");
  ASSERT_TRUE(metrics) << metrics.error().what;
  EXPECT_EQ(std::get<MetricsCall>(*metrics).values,
            (std::map<std::string, double>{{"queue_length", 12}, {"latency_ms", 2.5}}));

  const RequestCall wish{2, Bytes::gib(1), 10min, "import"};
  const auto again = parse_local(request_line(wish));
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(std::get<RequestCall>(*again).memory, Bytes::gib(1));
  EXPECT_EQ(std::get<RequestCall>(*again).duration, 10min);
}

TEST(ParseLocal, NamesWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "JSON"},
      {"[]", "JSON"},
      {R"({"type":"shutdown"})", "type"},
      {R"({"type":"metrics"})", "values"},
      {R"({"type":"metrics","values":{}})", "values"},
      {R"({"type":"metrics","values":{"queue":"long"}})", "values"},
      {R"({"type":"register","name":"a b","vcpus":1})", "name"},
      {R"({"type":"register","name":"a"})", "vcpus"},
      {R"({"type":"register","name":"a","vcpus":-1})", "vcpus"},
      {R"({"type":"register","name":"a","vcpus":1.5})", "vcpus"},
      {R"({"type":"register","name":7,"vcpus":1})", "name"},
      {R"({"type":"applied","value":3})", "id"},
      {R"({"type":"applied","id":3})", "value"},
      {R"({"type":"request","vcpus":1})", "for_ms"},
      {R"({"type":"request","for_ms":1000})", "vcpus"},
      {R"({"type":"request","vcpus":1,"for_ms":0})", "for_ms"},
      {R"([[[[[[[[[1]]]]]]]]])", "JSON"}};
  for (const auto& [line, part] : cases) {
    const auto call = parse_local(line);
    ASSERT_FALSE(call) << line;
    EXPECT_NE(call.error().what.find(part), std::string::npos) << line << ": " << call.error().what;
  }
  EXPECT_EQ(parse_local(std::string(max_local_line + 1, ' ')).error().code, Errc::limit_exceeded);
}

class RequestBookTest : public testing::Test {
 protected:
  const Size now_size{VcpuCount{2}, Bytes::gib(2)};
  const Instant now{1h};
  RequestBook book{{.vcpus = VcpuCount{4}, .memory = Bytes::gib(1), .duration = 30min}};
};

TEST_F(RequestBookTest, KeepsATotalForItsTime) {
  const auto accepted = book.add("user 7", {2, {}, 10min, "import"}, now_size, now);
  ASSERT_TRUE(accepted);
  EXPECT_EQ(accepted->vcpus, 4U);
  EXPECT_FALSE(accepted->memory_bytes);
  const auto current = book.current(now + 9min);
  ASSERT_EQ(current.size(), 1U);
  EXPECT_EQ(current[0].vcpus_wanted, 4U);
  EXPECT_EQ(current[0].reason, "import");
  EXPECT_EQ(current[0].remaining_ms, 60'000U);
  EXPECT_TRUE(book.current(now + 10min).empty());
}

TEST_F(RequestBookTest, CutsToWhatTheOperatorAllows) {
  const auto accepted = book.add("user 7", {1000, Bytes::gib(100), 24h, ""}, now_size, now);
  ASSERT_TRUE(accepted);
  EXPECT_EQ(accepted->vcpus, 6U);
  EXPECT_EQ(accepted->memory_bytes, Bytes::gib(3).count());
  EXPECT_EQ(accepted->duration, 30min);
}

TEST_F(RequestBookTest, ANewWishReplacesTheOldOneOfTheSame) {
  ASSERT_TRUE(book.add("a", {1, {}, 10min, ""}, now_size, now));
  ASSERT_TRUE(book.add("a", {2, {}, 10min, ""}, now_size, now));
  ASSERT_TRUE(book.add("b", {1, {}, 10min, ""}, now_size, now));
  EXPECT_EQ(book.current(now).size(), 2U);
}

TEST_F(RequestBookTest, HoldsABoundedNumber) {
  for (std::size_t index = 0; index < wire::max_requests; ++index)
    ASSERT_TRUE(book.add(std::to_string(index), {1, {}, 1min, ""}, now_size, now));
  EXPECT_EQ(book.add("late", {1, {}, 1min, ""}, now_size, now).error().code, Errc::limit_exceeded);
  EXPECT_TRUE(book.add("late", {1, {}, 1min, ""}, now_size, now + 1min));
}

TEST_F(RequestBookTest, OutlivesTheAgentButNotItsTimeNorTheKernel) {
  ASSERT_TRUE(book.add("user 7", {2, Bytes::mib(512), 10min, "import"}, now_size, now));
  ASSERT_TRUE(book.add("pool", {1, {}, 2min, ""}, now_size, now));
  const auto text = book.text("boot-a", now + 1min);

  RequestBook next{{.vcpus = VcpuCount{4}, .memory = Bytes::gib(1), .duration = 30min}};
  ASSERT_TRUE(next.restore(text, "boot-a", now + 3min));
  const auto current = next.current(now + 3min);
  ASSERT_EQ(current.size(), 1U) << "the shorter one has run out meanwhile";
  EXPECT_EQ(current[0].by, "user 7");
  EXPECT_EQ(current[0].reason, "import");
  EXPECT_EQ(current[0].vcpus_wanted, 4U);
  EXPECT_EQ(current[0].memory_wanted_bytes, Bytes::mib(2560).count());
  EXPECT_EQ(current[0].remaining_ms, 7 * 60'000U);
  EXPECT_TRUE(next.current(now + 10min).empty());

  RequestBook after_reboot{{}};
  EXPECT_TRUE(after_reboot.restore(text, "boot-b", now));
  EXPECT_TRUE(after_reboot.current(now).empty());
  EXPECT_TRUE(after_reboot.restore(text, "", now)) << "an unknown run is no run";
  EXPECT_TRUE(after_reboot.current(now).empty());
}

TEST_F(RequestBookTest, NothingLastsLongerThanTheLimitsAllowNow) {
  ASSERT_TRUE(book.add("user 7", {2, {}, 30min, ""}, now_size, now));
  RequestBook strict{{.vcpus = VcpuCount{4}, .memory = Bytes::gib(1), .duration = 1min}};
  // As if the clock had been put back by a day.
  ASSERT_TRUE(strict.restore(book.text("boot", now), "boot", Instant{1ms}));
  ASSERT_EQ(strict.current(Instant{1ms}).size(), 1U);
  EXPECT_TRUE(strict.current(Instant{1ms} + 1min).empty());
}

TEST_F(RequestBookTest, ADamagedTextIsRefusedWhole) {
  ASSERT_TRUE(book.add("user 7", {2, {}, 30min, ""}, now_size, now));
  const std::string good = R"({"by":"a","reason":"","until_ms":9})";
  const auto list_of = [](const std::string& requests) {
    return R"({"version":1,"boot":"b","requests":[)" + requests + "]}";
  };
  std::string many = good;
  for (std::size_t index = 0; index < wire::max_requests; ++index) many += "," + good;
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "JSON"},
      {book.text("b", now).substr(0, 40), "JSON"},
      {R"({"version":2,"boot":"b","requests":[]})", "version"},
      {R"({"version":1,"requests":[]})", "boot"},
      {R"({"version":1,"boot":"b"})", "requests"},
      {list_of("7"), "requests"},
      {list_of(R"({"reason":"","until_ms":9})"), "by"},
      {list_of(R"({"by":"a","until_ms":9})"), "reason"},
      {list_of(R"({"by":"a","reason":""})"), "until_ms"},
      {list_of(R"({"by":"a","reason":"","until_ms":9223372036854775807})"), "until_ms"},
      {list_of(R"({"by":"a","reason":"","until_ms":9,"vcpus_wanted":-1})"), "vcpus_wanted"},
      {list_of(good + R"(,{"by":"a","reason":"","until_ms":9,"memory_wanted_bytes":"much"})"),
       "memory_wanted_bytes"},
      {list_of(many), "too many"},
      {std::string(RequestBook::max_text.count() + 1, ' '), "longer"}};
  for (const auto& [text, part] : cases) {
    const auto restored = book.restore(text, "b", now);
    ASSERT_FALSE(restored) << text;
    EXPECT_NE(restored.error().what.find(part), std::string::npos) << text << ": " << restored.error().what;
  }
  EXPECT_EQ(book.current(now).size(), 1U) << "the book is as it was";
}

}  // namespace
}  // namespace dynascale::agent
