#include "core/config/metric_source.hpp"

#include <gtest/gtest.h>

#include "core/config/agent_config.hpp"

namespace dynascale::config {
namespace {

const std::string good = R"(
[metrics.web]
url = "http://127.0.0.1:9100/metrics?name=a"
every = "10s"
[metrics.web.figure.requests_per_s]
series = 'http_requests_total{handler="/"}'
read = "rate"
combine = "sum"
[metrics.mail-queue]
url = "http://unix:/run/mail.sock"
[metrics.mail-queue.figure.queue_length]
series = "jobs"
)";

TEST(MetricSource, IsReadAndWrittenBackTheSame) {
  const auto read = parse_agent_config(good, "agent.toml");
  ASSERT_TRUE(read.ok()) << to_string(read.problems);
  const auto& web = read.value.metrics.at("web");
  EXPECT_EQ(web.url.port, 9100);
  EXPECT_EQ(web.url.target, "/metrics?name=a");
  EXPECT_EQ(web.every, std::chrono::seconds{10});
  EXPECT_EQ(web.figures.at("requests_per_s").read, exposition::Read::rate);
  EXPECT_EQ(read.value.metrics.at("mail-queue").url.socket, "/run/mail.sock");
  EXPECT_EQ(read.value.metrics.at("mail-queue").url.target, "/metrics");
  const auto again = parse_agent_config(to_toml(read.value), "again");
  ASSERT_TRUE(again.ok()) << to_string(again.problems) << to_toml(read.value);
  EXPECT_EQ(again.value.metrics.at("web").figures, web.figures);
  EXPECT_EQ(to_toml(again.value), to_toml(read.value));
}

TEST(MetricSource, IsOnThisMachineOnly) {
  for (const auto* url : {"http://127.0.0.1:80/m", "http://127.9.9.9:1", "http://[::1]:9100/metrics",
                          "http://localhost:9100/metrics", "http://unix:/run/a.sock:/stats/prometheus"})
    EXPECT_TRUE(parse_metric_url(url)) << url;
  EXPECT_EQ(parse_metric_url("http://localhost:9100")->address, "127.0.0.1");
  for (const auto* url :
       {"", "https://127.0.0.1:9100/", "http://10.0.0.1:9100/", "http://[::]:9100/", "http://0.0.0.0:9100/",
        "http://example.org:9100/", "http://localhost.example.org:9100/", "http://127.0.0.1/metrics",
        "http://127.0.0.1:0/", "http://user@127.0.0.1:9100/", "http://[::ffff:10.0.0.1]:9100/", "ftp://127.0.0.1:1/",
        "http://unix:run/a.sock", "http://unix:/run/a.sock:metrics", "http://127.0.0.1:9100/a b",
        "http://127.0.0.1:9100/a\r\nHost: b", "http://127.0.0.1:9100/#a", "http://127.0.0.1:9100@10.0.0.1:80/"})
    EXPECT_FALSE(parse_metric_url(url)) << url;
  EXPECT_FALSE(parse_metric_url("http://unix:/" + std::string(108, 'a')));
  EXPECT_FALSE(parse_metric_url("http://127.0.0.1:9100/" + std::string(600, 'a')));
}

TEST(MetricSource, NamesEveryMistakeAtOnceWithItsPlace) {
  const auto checked = parse_agent_config(R"([metrics.a]
url = "http://192.0.2.1:9100/metrics"
every = "100ms"
[metrics.a.figure.Queue]
series = "jobs{"
read = "median"
[metrics.b]
timeout = "6s"
figures = 5
[metrics."B b"]
url = "http://127.0.0.1:1"
[metrics."B b".figure.queue]
combine = "all"
[application.c]
kind = "signal"
executable = "c"
metrics = ["/bin/c"]
[application.d]
kind = "exec"
executable = "d"
verify = ["/bin/d"]
grow = ["/bin/d"]
shrink = ["/bin/d"]
metrics = ["d", "${what}"]
)", "agent.toml");
  const auto text = to_string(checked.problems);
  for (const auto* part :
       {"agent.toml:2:7: metrics.a.url: must be on this machine", "agent.toml:3:9: metrics.a.every: must be a time",
        "agent.toml:5:10: metrics.a.figure.Queue.series: must be as",
        "agent.toml:6:8: metrics.a.figure.Queue.read: must",
        "metrics.a.figure.Queue: must be called", "agent.toml:9:1: metrics.b.figures: is an unknown key; did you mean",
        "metrics.b.url: is missing", "metrics.b.timeout: must not be above every", "metrics.b: tells nothing",
        "metrics.B b: must be called", "combine: must be one of \"one\", \"sum\", \"max\"",
        "metrics.B b.figure.queue.series: is missing", "application.c.metrics: is for kind",
        "application.d.metrics: must be a list that begins", "application.d.metrics: '${what}' is no placeholder"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text;
}

TEST(MetricSource, BoundsHowManyThereAre) {
  std::string text;
  for (int number = 0; number < 9; ++number) {
    const auto name = "metrics.e" + std::to_string(number);
    text += "[" + name + "]\nurl = \"http://127.0.0.1:1\"\n";
    for (int figure = 0; figure < 4; ++figure)
      text += "[" + name + ".figure.f" + std::to_string(figure) + "]\nseries = \"x\"\n";
  }
  const auto problems = to_string(parse_agent_config(text, "agent.toml").problems);
  EXPECT_NE(problems.find("more than 8 endpoints"), std::string::npos) << problems;
  EXPECT_NE(problems.find("more than 32 figures"), std::string::npos) << problems;
}

}  // namespace
}  // namespace dynascale::config
