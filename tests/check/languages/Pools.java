package svc;
public class A {
    // expect: DSC101
    private static final int NCPU = Runtime.getRuntime().availableProcessors();
    // expect: DSC101
    private final ExecutorService pool = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
    private int size;
    // expect: DSC101
    static final int POOL = Integer.getInteger("pool.size", Runtime.getRuntime().availableProcessors() * 2);
    // expect: DSC101
    static final int LOOPS = Math.max(1, SystemPropertyUtil.getInt("loops", NettyRuntime.availableProcessors() * 2));
    A() {
        // expect: DSC101
        this.size = Runtime.getRuntime().availableProcessors();
    }
    static {
        // expect: DSC101
        int n = Runtime.getRuntime().availableProcessors();
        setUp(n);
    }
    public static void main(String[] args) {
        // expect: DSC101
        final int threads = args.length > 0 ? Integer.parseInt(args[0]) : Runtime.getRuntime().availableProcessors();
        new Server(threads).start();
    }
    private int defaultThreads() {
        // expect: DSC101
        return Math.max(2, Runtime.getRuntime().availableProcessors() - 1);
    }
    void log() {
        // ok: DSC101
        LOG.info("cores: {}", Runtime.getRuntime().availableProcessors());
    }
    Map<String, Object> info() {
        Map<String, Object> map = new HashMap<>();
        // ok: DSC101
        map.put("availableProcessors", Runtime.getRuntime().availableProcessors());
        return map;
    }
    boolean isBusy(double load) {
        // ok: DSC101
        return load > Runtime.getRuntime().availableProcessors();
    }
    @Override public int getAvailableProcessors() {
        // ok: DSC101
        return Runtime.getRuntime().availableProcessors();
    }
    // expect: DSC103
    private final ForkJoinPool common = new ForkJoinPool();
    // expect: DSC103
    private final ExecutorService ws = Executors.newWorkStealingPool();
    void mem() {
        // expect: DSC301
        this.cacheBytes = ((com.sun.management.OperatingSystemMXBean) bean).getTotalMemorySize() / 2;
    }
    // ok: DSC101
    // int n = Runtime.getRuntime().availableProcessors();
}
