using CsCheck;
using LiveLtem.Core.Pipeline;

namespace LiveLtem.Core.Tests.Pipeline;

public sealed class FrameLedgerTests
{
    private const FrameBranches All = FrameBranches.Analysis | FrameBranches.Recording | FrameBranches.Preview;

    [Fact]
    public void Sums_add_up_under_any_order_of_lost_late_and_repeated_numbers()
    {
        var numbers = Gen.Int[0, 60].Select(i => (long)i).List[1, 80];
        var fates = Gen.Int[0, 3].Array[240];
        Gen.Select(numbers, fates).Sample((received, fate) =>
        {
            var ledger = new FrameLedger(All);
            var at = 0;
            var settled = new int[4];
            foreach (var number in received)
            {
                ledger.Received(number);
                foreach (var branch in (FrameBranches[])[FrameBranches.Analysis, FrameBranches.Recording, FrameBranches.Preview])
                {
                    settled[fate[at]]++;
                    switch (fate[at++])
                    {
                        case 0:
                            ledger.Delivered(branch, number);
                            break;
                        case 1:
                            ledger.Skipped(branch, number, "edge", "why");
                            break;
                        case 2:
                            ledger.Failed(branch, number, "stage", "why");
                            break;
                        default:
                            break;
                    }
                }
            }

            var totals = ledger.Totals();
            var distinct = received.Distinct().Count();
            Assert.Equal(received.Count, totals.Received);
            Assert.Equal(received.Count - distinct, totals.Repeated);
            Assert.Equal(received.Max() - received.Min() + 1, totals.Expected);
            Assert.Equal(totals.Expected - distinct, totals.Lost);
            Assert.Equal(totals.Lost, totals.LostNumbers.Sum(interval => interval.Length));
            Assert.DoesNotContain(received, number => totals.LostNumbers.Any(lost => number >= lost.First && number <= lost.Last));
            Assert.All(totals.Branches, branch => Assert.Equal(received.Count, branch.Delivered + branch.Skipped + branch.Failed + branch.InFlight));
            Assert.Equal(settled[0], totals.Branches.Sum(branch => branch.Delivered));
            Assert.Equal(settled[1], totals.Branches.Sum(branch => branch.Skipped));
            Assert.Equal(settled[2], totals.Branches.Sum(branch => branch.Failed));
            Assert.Equal(settled[3], totals.Branches.Sum(branch => branch.InFlight));
        });
    }

    [Fact]
    public void Frame_is_settled_once_in_each_branch()
    {
        var ledger = new FrameLedger(FrameBranches.Analysis | FrameBranches.Recording);
        ledger.Received(7);
        ledger.Skipped(FrameBranches.Analysis, 7, "live", "newer");
        ledger.Delivered(FrameBranches.Analysis, 7);
        ledger.Delivered(FrameBranches.Recording, 7);
        ledger.Delivered(FrameBranches.Recording, 8);

        var totals = ledger.Totals();

        Assert.Equal((0, 1), (totals.Of(FrameBranches.Analysis)!.Delivered, totals.Of(FrameBranches.Analysis)!.Skipped));
        Assert.Equal(1, totals.Of(FrameBranches.Recording)!.Delivered);
        Assert.Null(totals.Of(FrameBranches.Preview));
    }

    [Fact]
    public void Late_frame_is_no_longer_lost()
    {
        var ledger = new FrameLedger(FrameBranches.Analysis);
        foreach (var number in (long[])[10, 11, 15, 13])
        {
            ledger.Received(number);
        }

        var totals = ledger.Totals();

        Assert.Equal((2, 1, 0), (totals.Lost, totals.Disordered, totals.Repeated));
        Assert.Equal([new FrameInterval(12, 12), new FrameInterval(14, 14)], totals.LostNumbers);
    }

    [Fact]
    public void Memory_stays_bounded_when_every_other_frame_is_lost_and_every_fourth_skipped()
    {
        var ledger = new FrameLedger(FrameBranches.Analysis);
        const int frames = 400_000;
        for (long i = 0; i < 20_000; i++)
        {
            Feed(i);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (long i = 20_000; i < frames; i++)
        {
            Feed(i);
        }

        var perFrame = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)(frames - 20_000);
        var totals = ledger.Totals();
        Assert.True(perFrame < 1, $"{perFrame} bytes a frame");
        Assert.Equal(frames - 1, totals.Lost);
        Assert.Equal(4096, totals.LostNumbers.Count);
        Assert.Equal((2 * frames) - 3, totals.LostNumbers[^1].First);

        void Feed(long i)
        {
            ledger.Received(2 * i);
            if (i % 2 == 0)
            {
                ledger.Skipped(FrameBranches.Analysis, 2 * i, "live", "newer");
            }
            else
            {
                ledger.Delivered(FrameBranches.Analysis, 2 * i);
            }
        }
    }

    [Fact]
    public void Reasons_that_differ_from_frame_to_frame_are_counted_together_past_a_bound()
    {
        var ledger = new FrameLedger(FrameBranches.Analysis);
        for (long i = 0; i < 1000; i++)
        {
            ledger.Received(i);
            ledger.Failed(FrameBranches.Analysis, i, "measure", $"bad value {i}");
        }

        var totals = ledger.Totals().Of(FrameBranches.Analysis)!;

        Assert.Equal(1000, totals.FailedBy.Sum(reason => reason.Frames));
        Assert.InRange(totals.FailedBy.Count, 2, 65);
        Assert.Equal(999, totals.Failures[^1].Frame);
    }

    [Fact]
    public void Interval_set_holds_what_a_plain_set_holds()
    {
        Gen.Select(Gen.Int[0, 40], Gen.Bool).List[0, 200].Sample(steps =>
        {
            var set = new IntervalSet(1000);
            var plain = new SortedSet<long>();
            foreach (var (number, add) in steps)
            {
                if (add)
                {
                    set.Add(number);
                    plain.Add(number);
                }
                else
                {
                    Assert.Equal(plain.Remove(number), set.Remove(number));
                }
            }

            var intervals = set.Snapshot();
            Assert.Equal(plain, intervals.SelectMany(interval => Enumerable.Range((int)interval.First, (int)interval.Length)).Select(i => (long)i));
            Assert.All(intervals.Zip(intervals.Skip(1)), pair => Assert.True(pair.Second.First > pair.First.Last + 1));
        });
    }
}
