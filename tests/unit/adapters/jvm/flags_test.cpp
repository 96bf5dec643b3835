/// Answers of OpenJDK 17.0.15 and 25, as each collector words them.

#include "adapters/jvm/flags.hpp"

#include <gtest/gtest.h>

namespace dynascale::jvm {
namespace {

TEST(JvmFlags, AreReadWithWhoHasChosenThem) {
  const auto flags = parse_flags(
      "[Global flags]\n"
      "   size_t MaxHeapSize                              = 314572800                       {product} {command line}\n"
      "   size_t SoftMaxHeapSize                          = 314572800                    {manageable} {ergonomic}\n"
      "     bool UseZGC                                   = true                            {product} {environment}\n"
      "    ccstr HeapDumpPath                             =                              {manageable} {default}\n"
      "   double G1PeriodicGCSystemLoadThreshold          = 0.000000                     {manageable} {default}\n"
      "    uintx OldStyle                                := 12                              {product}\n"
      "garbage = {\n=\n");
  ASSERT_EQ(flags.size(), 6U);
  EXPECT_EQ(number_of(flags, "MaxHeapSize"), 314572800);
  EXPECT_TRUE(flags.at("MaxHeapSize").by_operator);
  EXPECT_FALSE(is_manageable(flags, "MaxHeapSize"));
  EXPECT_TRUE(is_manageable(flags, "SoftMaxHeapSize"));
  EXPECT_FALSE(flags.at("SoftMaxHeapSize").by_operator);
  EXPECT_TRUE(flags.at("UseZGC").by_operator);
  EXPECT_TRUE(flags.at("OldStyle").by_operator) << "JDK 8 marks what is no default with :=";
  EXPECT_EQ(flags.at("HeapDumpPath").value, "");
  EXPECT_FALSE(number_of(flags, "HeapDumpPath"));
  EXPECT_FALSE(number_of(flags, "NoSuchFlag"));
  EXPECT_EQ(collector_of(flags), Collector::z);
  EXPECT_EQ(collector_of({}), Collector::other);
}

TEST(JvmFlags, OneIsReadByItsOwnName) {
  EXPECT_EQ(parse_flag("-XX:SoftMaxHeapSize=300000000\n", "SoftMaxHeapSize"), 300'000'000);
  EXPECT_FALSE(parse_flag("no such flag 'SoftMaxHeapSize'\n", "SoftMaxHeapSize"));
  EXPECT_FALSE(parse_flag("-XX:SoftMaxHeapSizes=3\n", "SoftMaxHeapSize"));
  EXPECT_FALSE(parse_flag("-XX:+UseZGC\n", "UseZGC"));
}

struct Sample {
  const char* text;
  Bytes committed;
  Bytes used;
};

TEST(JvmHeap, IsReadOfEveryCollector) {
  const Sample samples[] = {
      {" garbage-first heap   total 307200K, used 5966K [0x00000000ed400000, 0x0000000100000000)\n"
       "  region size 1024K, 5 young (5120K), 0 survivors (0K)\n"
       " Metaspace       used 6574K, committed 6784K, reserved 1114112K\n",
       Bytes::kib(307200), Bytes::kib(5966)},
      {"garbage-first heap   total reserved 307200K, committed 204800K, used 18039K [0x00000000ed400000, 0x00)\n",
       Bytes::kib(204800), Bytes::kib(18039)},
      {" ZHeap           used 14M, capacity 300M, max capacity 512M\n Metaspace       used 4939K, committed 5120K\n",
       Bytes::mib(300), Bytes::mib(14)},
      {"ZHeap            used 196M, capacity 300M, max capacity 300M\n Cache           104M (1)\n", Bytes::mib(300),
       Bytes::mib(196)},
      {" def new generation   total 92160K, used 9846K [0x00000000ed400000, 0x00000000f3800000, 0x00000000f3800000)\n"
       "  eden space 81920K,  12% used [0x00000000ed400000, 0x00000000edd9dab8, 0x00000000f2400000)\n"
       " tenured generation   total 204800K, used 10K [0x00000000f3800000, 0x0000000100000000, 0x0000000100000000)\n",
       Bytes::kib(296960), Bytes::kib(9856)},
      {"PSYoungGen      total 89600K, used 36177K [0x00000000f9c00000, 0x0000000100000000, 0x0000000100000000)\n"
       "ParOldGen       total 204800K, used 80855K [0x00000000ed400000, 0x00000000f9c00000, 0x00000000f9c00000)\n",
       Bytes::kib(294400), Bytes::kib(117032)},
      {"Shenandoah Heap\n 300M max, 300M soft max, 256M committed, 129M used\n 1200 x 256K regions\n", Bytes::mib(256),
       Bytes::mib(129)}};
  for (const auto& sample : samples) {
    const auto heap = parse_heap(sample.text);
    ASSERT_TRUE(heap) << sample.text;
    EXPECT_EQ(heap->committed, sample.committed) << sample.text;
    EXPECT_EQ(heap->used, sample.used) << sample.text;
  }
}

TEST(JvmHeap, OfAnUnknownKindIsUnknown) {
  for (const auto* text : {"", "Epsilon Heap\nAllocation space:\n", " Metaspace       used 6574K, committed 6784K\n",
                           "heap total 99999999999999999999K, used 1K\n", "heap total K, used K\n"})
    EXPECT_FALSE(parse_heap(text)) << text;
}

}  // namespace
}  // namespace dynascale::jvm
