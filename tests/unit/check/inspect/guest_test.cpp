#include "check/guest/guest.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include "check/guest/judge.hpp"
#include "tests/unit/check/tree.hpp"

namespace dynascale::check {
namespace {

std::string packed(const std::string& text) {
  std::string out(text.size() + 1024, '\0');
  z_stream stream{};
  EXPECT_EQ(::deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  ::deflateEnd(&stream);
  return out;
}

TEST(Gzip, UnpacksWithinItsLimit) {
  const std::string text(100000, 'x');
  EXPECT_EQ(unpack_gzip(packed(text), text.size()).value(), text);
  EXPECT_EQ(unpack_gzip(packed(text), text.size() - 1).error().code, Errc::limit_exceeded);
  EXPECT_EQ(unpack_gzip("not packed", 100).error().code, Errc::corrupt);
  EXPECT_EQ(unpack_gzip(packed(text).substr(0, 20), 1000000).error().code, Errc::corrupt);
  EXPECT_EQ(unpack_gzip("", 100).error().code, Errc::corrupt);
}

class Guest : public ::testing::Test {
 protected:
  ScanReport audit() { return audit_guest(root_.files().resolve("/").string(), {}, catalog_, matchers_); }
  TemporaryRoot root_;
  Catalog catalog_ = *load_catalog();
  Matchers matchers_{catalog_};
};

TEST_F(Guest, ConfigurationOfTheRunningKernelMayBePacked) {
  root_.write("/proc/sys/kernel/osrelease", "6.9.0\n");
  root_.write("/proc/config.gz",
              packed("CONFIG_ACPI=y\nCONFIG_VIRTIO_BALLOON=y\n# CONFIG_HOTPLUG_CPU is not set\n"));
  const auto report = audit();
  const auto found = std::find_if(report.findings.begin(), report.findings.end(),
                                  [](const Finding& finding) { return finding.rule == "DSC602"; });
  ASSERT_NE(found, report.findings.end());
  EXPECT_EQ(found->line, 3U);
  EXPECT_EQ(found->text, "# CONFIG_HOTPLUG_CPU is not set");
  EXPECT_TRUE(report.incidents.empty());
}

TEST_F(Guest, OfAnImageTheNewestKernelIsJudged) {
  root_.write("/boot/config-6.1.0-9-amd64", "");
  root_.write("/boot/config-6.1.0-28-amd64", "CONFIG_PSI=y\n");
  EXPECT_EQ(read_guest(RootedFiles{root_.files().resolve("/").string()}).release, "6.1.0-28-amd64");
}

TEST_F(Guest, WithoutAKernelsConfigurationTheAuditIsIncomplete) {
  const auto report = audit();
  ASSERT_EQ(report.incidents.size(), 1U);
  EXPECT_EQ(report.incidents.front().rule, "DSC903");
  for (const auto& finding : report.findings) EXPECT_NE(finding.rule, "DSC602") << "not known is not missing";
}

TEST_F(Guest, AReadyGuestGetsNoWarning) {
  unpack_tree(
      read_text(std::filesystem::path{DYNASCALE_SOURCE_DIR} / "tests/check/trees/DSC602/debian_image.tree"),
      root_);
  const auto report = audit();
  for (const auto& finding : report.findings) EXPECT_EQ(finding.level, Level::note) << finding.message;
  EXPECT_TRUE(report.incidents.empty());
}

}  // namespace
}  // namespace dynascale::check
