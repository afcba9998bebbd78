using System.Globalization;
using System.Text;
using LiveLtem.Core;

namespace LiveLtem.Dose.Radiolysis;

/// <summary>A reaction with constant k: rate = k times the concentrations named in <see cref="Orders"/>.</summary>
/// <param name="Text">As written.</param>
/// <param name="K">Rate constant in L, mol, s.</param>
/// <param name="Orders">Index of each species in the rate and its order there.</param>
/// <param name="Changes">Index of each species that the reaction changes and by how many molecules.</param>
public sealed record Reaction(string Text, double K, IReadOnlyList<(int Species, int Order)> Orders, IReadOnlyList<(int Species, int Change)> Changes);

/// <summary>Species, reactions, radiation yields and starting concentrations, read from a text file.</summary>
/// <remarks>The file explains its own lines (<c>config/radiolysis/water.txt</c>). Every reaction keeps atoms and charge, and so does every set of yields:
/// a file in which one does not is refused with its line. Immutable.</remarks>
public sealed class ReactionNetwork
{
    private const double BalanceTolerance = 1e-9;
    private static readonly Lazy<ReactionNetwork> LazyWater = new(ReadWater);

    private ReactionNetwork(IReadOnlyList<Species> species, IReadOnlyList<Reaction> reactions, IReadOnlyDictionary<string, double[]> yields, double[] start)
    {
        Species = species;
        Reactions = reactions;
        Yields = yields;
        Start = start;
    }

    /// <summary>Pure water at 25 C: 16 species, 73 reactions (Schneider et al. 2014, doi:10.1021/jp507400n).</summary>
    public static ReactionNetwork Water => LazyWater.Value;

    /// <summary>Every species, in the order in which the file names them first.</summary>
    public IReadOnlyList<Species> Species { get; }

    /// <summary>Every reaction.</summary>
    public IReadOnlyList<Reaction> Reactions { get; }

    /// <summary>By the name of the set: molecules of each species for 100 eV absorbed.</summary>
    public IReadOnlyDictionary<string, double[]> Yields { get; }

    /// <summary>Concentrations before the beam, mol/L.</summary>
    public IReadOnlyList<double> Start { get; }

    /// <summary>Where a species stands in <see cref="Species"/>; -1 where the network has none of that formula.</summary>
    public int Find(string formula)
    {
        for (var i = 0; i < Species.Count; i++)
        {
            if (Species[i].Formula == formula)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Reads a network.</summary>
    /// <param name="text">The text of the file.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <exception cref="InputException">A line cannot be meant; the message names file and line.</exception>
    public static ReactionNetwork Parse(string text, string file)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new Reader(file).Read(text);
    }

    private static ReactionNetwork ReadWater()
    {
        const string Name = "water.txt";
        using var stream = typeof(ReactionNetwork).Assembly.GetManifestResourceStream(Name)
            ?? throw new InvalidOperationException($"the resource {Name} is not in the program");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return Parse(reader.ReadToEnd(), Name);
    }

    private sealed class Reader(string file)
    {
        private readonly List<Species> _species = [];
        private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal);
        private readonly List<Reaction> _reactions = [];
        private readonly Dictionary<string, Dictionary<int, double>> _yields = new(StringComparer.Ordinal);
        private readonly Dictionary<string, int> _yieldLines = new(StringComparer.Ordinal);
        private readonly Dictionary<int, double> _start = [];
        private int _line;

        public ReactionNetwork Read(string text)
        {
            foreach (var raw in text.Split('\n'))
            {
                _line++;
                var line = raw.Split('#')[0].Trim();
                if (line.Length > 0)
                {
                    ReadLine(line);
                }
            }

            if (_reactions.Count == 0 || _yields.Count == 0)
            {
                throw new InputException($"{file}: has {(_reactions.Count == 0 ? "no reaction" : "no yield")}: write lines as in config/radiolysis/water.txt");
            }

            var sets = new Dictionary<string, double[]>(StringComparer.Ordinal);
            foreach (var (name, values) in _yields)
            {
                _line = _yieldLines[name];
                Balance($"the yields {name}", values.Select(value => (value.Key, value.Value)));
                sets[name] = Full(values);
            }

            return new ReactionNetwork(_species, _reactions, sets, Full(_start));
        }

        private double[] Full(Dictionary<int, double> values) => [.. _species.Select((_, i) => values.GetValueOrDefault(i))];

        private void ReadLine(string line)
        {
            var fields = line.Split(';', StringSplitOptions.TrimEntries);
            var words = fields[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            switch (words[0])
            {
                case "yield" when words.Length == 4:
                    if (!_yields.TryGetValue(words[1], out var set))
                    {
                        _yields[words[1]] = set = [];
                    }

                    _yieldLines[words[1]] = _line;
                    Once(set, words[2], Number(words[3], double.MinValue));
                    break;
                case "start" when words.Length == 3:
                    Once(_start, words[1], Number(words[2], 0));
                    break;
                case "reaction" when fields.Length >= 2 && words.Length > 1:
                    _reactions.Add(ReadReaction(string.Join(' ', words.Skip(1)), Number(fields[1], 0)));
                    break;
                default:
                    throw Fault($"found '{line}'; a line is 'yield SET SPECIES G', 'start SPECIES MOL_PER_L' or 'reaction A + B -> C ; k', then '; source'");
            }
        }

        private void Once(Dictionary<int, double> values, string formula, double value)
        {
            if (!values.TryAdd(Index(formula), value))
            {
                throw Fault($"{formula} is there twice; keep one");
            }
        }

        private Reaction ReadReaction(string text, double k)
        {
            var sides = text.Split(" -> ");
            if (sides.Length != 2)
            {
                throw Fault($"'{text}': write a reaction as 'A + B -> C'");
            }

            var orders = new Dictionary<int, int>();
            var changes = new Dictionary<int, int>();
            Side(sides[0], -1, orders, changes);
            Side(sides[1], 1, null, changes);
            Balance($"'{text}'", changes.Select(change => (change.Key, (double)change.Value)));
            return new Reaction(text, k, [.. orders.Select(order => (order.Key, order.Value))], [.. changes.Where(change => change.Value != 0).Select(change => (change.Key, change.Value))]);
        }

        private void Side(string side, int sign, Dictionary<int, int>? orders, Dictionary<int, int> changes)
        {
            foreach (var term in side.Split(" + ", StringSplitOptions.TrimEntries))
            {
                var words = term.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                var count = 1;
                if (words.Length is 0 or > 2 || (words.Length == 2 && (!int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out count) || count is < 1 or > 9)))
                {
                    throw Fault($"'{term}': write a species as OH, with more than one molecule as 2 OH");
                }

                var formula = words[^1];
                var silent = formula.StartsWith('(') && formula.EndsWith(')');
                var index = Index(silent ? formula[1..^1] : formula);
                changes[index] = changes.GetValueOrDefault(index) + (sign * count);
                if (!silent && orders is not null)
                {
                    orders[index] = orders.GetValueOrDefault(index) + count;
                }
            }
        }

        private int Index(string formula)
        {
            if (!_index.TryGetValue(formula, out var index))
            {
                var species = Radiolysis.Species.Read(formula) ?? throw Fault($"'{formula}' is no formula; examples: H2O2, HO2-, H+, e-");
                index = _species.Count;
                _species.Add(species);
                _index[formula] = index;
            }

            return index;
        }

        private void Balance(string what, IEnumerable<(int Species, double Amount)> amounts)
        {
            var sums = new SortedDictionary<string, double>(StringComparer.Ordinal) { ["charge"] = 0 };
            foreach (var (index, amount) in amounts)
            {
                sums["charge"] += _species[index].Charge * amount;
                foreach (var (element, count) in _species[index].Atoms)
                {
                    sums[element] = sums.GetValueOrDefault(element) + (count * amount);
                }
            }

            foreach (var (name, sum) in sums)
            {
                if (Math.Abs(sum) > BalanceTolerance)
                {
                    throw Fault(FormattableString.Invariant($"{what} makes {sum:G4} of {name} out of nothing; both sides must have the same atoms and charge"));
                }
            }
        }

        private double Number(string text, double least) =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) && value >= least
                ? value
                : throw Fault($"found {text}; allowed: a number{(least < 0 ? string.Empty : ", 0 or more")}");

        private InputException Fault(string what) => new($"{file}: line {_line}: {what}");
    }
}
