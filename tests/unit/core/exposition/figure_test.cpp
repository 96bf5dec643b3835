#include "core/exposition/figure.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/exposition/sample_line.hpp"

namespace dynascale::exposition {
namespace {

using namespace std::chrono_literals;
const Instant start = Instant{} + 1h;

FigureRule rule(const char* series, Read read = Read::value, Combine combine = Combine::one) {
  return {*parse_series(series), read, combine};
}

/// One figure, asked once a second; each answer is the lines of a text.
class Endpoint {
 public:
  explicit Endpoint(FigureRule rule) : rules_{{"f", rule}}, figure_{rule} {}
  Result<double> answers(std::string_view text, Duration after = 1s) {
    now_ += after;
    Scan scan{rules_};
    while (!text.empty()) {
      const auto end = std::min(text.find('\n'), text.size());
      if (auto taken = scan.take(text.substr(0, end)); !taken) return tl::unexpected(taken.error());
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    auto points = scan.points_of("f");
    if (!points) return tl::unexpected(points.error());
    return figure_.take(std::move(*points), now_);
  }

 private:
  FigureRules rules_;
  Figure figure_;
  Instant now_ = start;
};

TEST(Figure, IsTheValueOfTheOneSeriesThatMatches) {
  Endpoint queue{rule("jobs{queue=\"mail\"}")};
  EXPECT_EQ(queue.answers("# TYPE jobs gauge\njobs{queue=\"web\"} 7\njobs{queue=\"mail\"} 12\nother 5\n").value(), 12);
  EXPECT_EQ(queue.answers("jobs{queue=\"mail\"} 0\n").value(), 0);
  EXPECT_EQ(queue.answers("jobs{queue=\"web\"} 7\n").error().code, Errc::not_found) << "missing is not zero";
  EXPECT_EQ(queue.answers("").error().code, Errc::not_found);
}

TEST(Figure, OfSeveralSeriesIsKnownOnlyWhenTheOperatorSaysHow) {
  const auto* const text = "jobs{q=\"a\"} 3\njobs{q=\"b\"} NaN\njobs{q=\"c\"} 8\n";
  EXPECT_EQ(Endpoint{rule("jobs")}.answers(text).error().code, Errc::limit_exceeded);
  EXPECT_EQ(Endpoint(rule("jobs", Read::value, Combine::max)).answers(text).value(), 8);
  EXPECT_FALSE(Endpoint(rule("jobs", Read::value, Combine::sum)).answers(text)) << "a part of the sum is not known";
  EXPECT_EQ(Endpoint(rule("jobs{q!=\"b\"}", Read::value, Combine::sum)).answers(text).value(), 11);
}

TEST(Figure, IsARateOfWhatACounterGrewBy) {
  Endpoint requests{rule("requests_total", Read::rate, Combine::sum)};
  EXPECT_EQ(requests.answers("requests_total{h=\"a\"} 100\n").error().code, Errc::unavailable) << "not zero";
  EXPECT_DOUBLE_EQ(requests.answers("requests_total{h=\"a\"} 160\n", 4s).value(), 15);
  EXPECT_DOUBLE_EQ(requests.answers("requests_total{h=\"a\"} 160\n", 4s).value(), 0);
  // A series that is new has not grown by all that it tells.
  EXPECT_DOUBLE_EQ(requests.answers("requests_total{h=\"a\"} 170\nrequests_total{h=\"b\"} 9000\n").value(), 10);
  EXPECT_DOUBLE_EQ(requests.answers("requests_total{h=\"a\"} 171\nrequests_total{h=\"b\"} 9002\n").value(), 3);
  // The application was restarted: it counts from zero.
  EXPECT_DOUBLE_EQ(requests.answers("requests_total{h=\"a\"} 5\nrequests_total{h=\"b\"} 9003\n").value(), 6);
  EXPECT_FALSE(requests.answers("requests_total{h=\"a\"} 9999\n", max_gap + 1s)) << "tells nothing of now";
  EXPECT_DOUBLE_EQ(requests.answers("requests_total{h=\"a\"} 10009\n").value(), 10);
}

TEST(Figure, IsTheMeanOfWhatWasCountedSince) {
  Endpoint latency{rule("request_seconds", Read::mean, Combine::sum)};
  const auto text = [](double sum, int count) {
    return fmt::format("request_seconds_bucket{{le=\"1\"}} 5\nrequest_seconds_sum {}\nrequest_seconds_count {}\n", sum,
                       count);
  };
  EXPECT_FALSE(latency.answers(text(10, 100)));
  EXPECT_DOUBLE_EQ(latency.answers(text(12, 110)).value(), 0.2);
  EXPECT_EQ(latency.answers(text(12, 110)).error().code, Errc::unavailable) << "no request, no latency";
  EXPECT_DOUBLE_EQ(latency.answers(text(1, 2)).value(), 0.5) << "begun anew";
}

TEST(Figure, MeansOfSeveralSeriesAreWeighedOrTheHighestCounts) {
  const auto* const before = "t_sum{h=\"a\"} 0\nt_count{h=\"a\"} 0\nt_sum{h=\"b\"} 0\nt_count{h=\"b\"} 0\n";
  const auto* const after = "t_sum{h=\"a\"} 9\nt_count{h=\"a\"} 90\nt_sum{h=\"b\"} 10\nt_count{h=\"b\"} 5\n";
  for (const auto& [combine, expected] : {std::pair{Combine::sum, 0.2}, std::pair{Combine::max, 2.0}}) {
    Endpoint latency{rule("t", Read::mean, combine)};
    EXPECT_FALSE(latency.answers(before));
    EXPECT_DOUBLE_EQ(latency.answers(after).value(), expected);
  }
}

TEST(Figure, IsNoneThatNoTargetCouldMean) {
  for (const auto* line : {"x NaN", "x -1", "x +Inf", "x 1e300"})
    EXPECT_EQ(Endpoint{rule("x")}.answers(line).error().code, Errc::corrupt) << line;
}

TEST(Scan, RefusesAnAnswerInWhichOneLineIsWrongAndSaysWhich) {
  Endpoint endpoint{rule("x")};
  EXPECT_NE(endpoint.answers("x 1\n\n<html>\n").error().what.find("line 3"), std::string::npos);
  EXPECT_EQ(endpoint.answers("x{a=\"1\",b=\"2\"} 1\nx{b=\"2\",a=\"1\"} 2\n").error().code, Errc::corrupt)
      << "the same series twice";
}

TEST(Scan, HoldsABoundedNumberOfSeries) {
  std::string text;
  for (std::size_t number = 0; number < 5 * max_matching; ++number) text += fmt::format("x{{n=\"{}\"}} 1\n", number);
  EXPECT_EQ(Endpoint(rule("x", Read::value, Combine::sum)).answers(text).error().code, Errc::limit_exceeded);
  EXPECT_EQ(Endpoint{rule("x{n=\"7\"}")}.answers(text).value(), 1);
}

}  // namespace
}  // namespace dynascale::exposition
