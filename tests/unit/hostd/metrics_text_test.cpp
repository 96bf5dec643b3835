#include "hostd/metrics_text.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace dynascale::hostd {
namespace {

TEST(MetricsText, WritesFamiliesWithEscapedLabels) {
  MetricsText out;
  out.family("dynascale_x", MetricsText::Kind::gauge, "Some value.");
  out.sample({}, 1.5);
  out.sample({{"guest", "we\"b\\1\n"}}, 3);
  EXPECT_EQ(out.text(),
            "# HELP dynascale_x Some value.\n# TYPE dynascale_x gauge\ndynascale_x 1.5\n"
            "dynascale_x{guest=\"we\\\"b\\\\1\\n\"} 3\n");
}

TEST(MetricsText, BucketsCountUpAndTheLastHoldsAll) {
  Histogram histogram;
  for (const double seconds : {0.001, 0.3, 0.5, 7.0, 1000.0, -1.0, std::nan("")}) histogram.observe(seconds);
  EXPECT_EQ(histogram.count(), 5U);
  EXPECT_EQ(histogram.up_to(0), 1U);
  EXPECT_EQ(histogram.up_to(6), 3U) << "0.5 s belongs to its bound";
  MetricsText out;
  out.family("d_seconds", MetricsText::Kind::histogram, "Time.");
  out.histogram({{"link", "hypervisor"}}, histogram);
  for (const auto* line : {"d_seconds_bucket{link=\"hypervisor\",le=\"0.5\"} 3\n",
                           "d_seconds_bucket{link=\"hypervisor\",le=\"+Inf\"} 5\n",
                           "d_seconds_count{link=\"hypervisor\"} 5\n"})
    EXPECT_NE(out.text().find(line), std::string::npos) << line << out.text();
}

}  // namespace
}  // namespace dynascale::hostd
