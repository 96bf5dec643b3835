public class A {
    // expect: DSC102
    private static readonly int Workers = Environment.ProcessorCount;
    // expect: DSC102
    public int MaxDegree { get; set; } = Environment.ProcessorCount * 2;
    public A() {
        // expect: DSC102
        _pool = new SemaphoreSlim(Environment.ProcessorCount);
        // expect: DSC102
        ThreadPool.SetMinThreads(Environment.ProcessorCount, Environment.ProcessorCount);
    }
    public void Run(IEnumerable<int> items) {
        // expect: DSC102
        Parallel.ForEach(items, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, Do);
        // ok: DSC102
        Console.WriteLine($"cpus {Environment.ProcessorCount}");
        // ok: DSC102
        _logger.LogInformation("cpus {0}", Environment.ProcessorCount);
        // expect: DSC301
        _cacheLimit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;
        // expect: DSC201
        Process.GetCurrentProcess().ProcessorAffinity = (IntPtr)3;
    }
    public void Validate(int n) {
        // ok: DSC102
        if (n > Environment.ProcessorCount) throw new ArgumentException();
    }
    // ok: DSC102
    // int n = Environment.ProcessorCount;
}
