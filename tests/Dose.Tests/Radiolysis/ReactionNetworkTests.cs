using LiveLtem.Core;
using LiveLtem.Dose.Radiolysis;

namespace LiveLtem.Dose.Tests.Radiolysis;

public sealed class ReactionNetworkTests
{
    private const string Small = """
        yield beam A 2 ; here
        yield beam A2 -1
        start A2 0.5
        reaction 2 A -> A2 ; 1e3 ; there
        """;

    [Fact]
    public void Water_has_the_published_size_and_its_constants_obey_the_equilibria()
    {
        var water = ReactionNetwork.Water;

        Assert.Equal((16, 73), (water.Species.Count, water.Reactions.Count));
        Assert.Equal(["electrons", "gamma"], water.Yields.Keys);
        Assert.Equal(1e-7, water.Start[water.Find("H+")]);

        // Forward over backward of a dissociation is its constant, in mol/L: Schneider 2014.
        Assert.Equal(-13.999, Math.Log10(K("(H2O) -> H+ + OH-") / K("H+ + OH- -> H2O")), 1e-4);
        Assert.Equal(-11.65, Math.Log10(K("H2O2 -> H+ + HO2-") / K("H+ + HO2- -> H2O2")), 1e-4);
        Assert.Equal(-11.9, Math.Log10(K("OH -> O- + H+") / K("O- + H+ -> OH")), 1e-4);
        Assert.Equal(-4.57, Math.Log10(K("HO2 -> O2- + H+") / K("O2- + H+ -> HO2")), 1e-4);
        Assert.Equal(-9.77, Math.Log10(K("H -> e- + H+") / K("e- + H+ -> H")), 1e-4);

        double K(string text) => water.Reactions.Single(reaction => reaction.Text == text).K;
    }

    [Fact]
    public void A_reaction_counts_molecules_and_a_silent_species_is_not_in_the_rate()
    {
        var network = ReactionNetwork.Parse(Small + "\nreaction (A2) + A -> 3 A ; 7", "small.txt");

        Assert.Equal([(0, 2)], network.Reactions[0].Orders);
        Assert.Equal([(0, -2), (1, 1)], network.Reactions[0].Changes.Order());
        Assert.Equal([(0, 1)], network.Reactions[1].Orders);
        Assert.Equal([(0, 2), (1, -1)], network.Reactions[1].Changes.Order());
        Assert.Equal([0, 0.5], network.Start);
        Assert.Equal([2, -1], network.Yields["beam"]);
    }

    [Theory]
    [InlineData("reaction H2O -> H+ + OH ; 1", "net.txt: line 5: 'H2O -> H+ + OH' makes 1 of charge out of nothing")]
    [InlineData("reaction 2 H2 + O2 -> H2O ; 1", "net.txt: line 5: '2 H2 + O2 -> H2O' makes -2 of H out of nothing")]
    [InlineData("yield other H2 1", "net.txt: line 5: the yields other makes 2 of H out of nothing")]
    [InlineData("reaction H2 = H2 ; 1", "write a reaction as 'A + B -> C'")]
    [InlineData("reaction h2 -> h2 ; 1", "'h2' is no formula; examples: H2O2")]
    [InlineData("reaction H2 -> 2 H ; fast", "line 5: found fast; allowed: a number, 0 or more")]
    [InlineData("reaction H2 -> 2 H ; -1", "found -1; allowed: a number, 0 or more")]
    [InlineData("start A 1\nstart A 2", "net.txt: line 6: A is there twice; keep one")]
    [InlineData("hydrogen", "found 'hydrogen'; a line is 'yield SET SPECIES G'")]
    public void A_line_that_cannot_be_meant_is_named(string line, string message)
    {
        var error = Assert.Throws<InputException>(() => ReactionNetwork.Parse($"{Small}\n{line}", "net.txt"));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_file_says_what_it_lacks()
    {
        Assert.Contains("net.txt: has no reaction", Assert.Throws<InputException>(() => ReactionNetwork.Parse("# nothing", "net.txt")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("H2O2", 0, "H2,O2")]
    [InlineData("HO2-", -1, "H1,O2")]
    [InlineData("Fe+++", 3, "Fe1")]
    [InlineData("HOOH", 0, "H2,O2")]
    [InlineData("e-", -1, "")]
    public void A_formula_tells_atoms_and_charge(string formula, int charge, string atoms)
    {
        var species = Species.Read(formula)!;

        Assert.Equal(charge, species.Charge);
        Assert.Equal(atoms, string.Join(',', species.Atoms.OrderBy(atom => atom.Key, StringComparer.Ordinal).Select(atom => $"{atom.Key}{atom.Value}")));
    }
}
