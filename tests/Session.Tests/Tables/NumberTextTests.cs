using System.Globalization;
using System.Text;
using CsCheck;
using LiveLtem.Session.Tables;

namespace LiveLtem.Session.Tests.Tables;

public sealed class NumberTextTests
{
    [Theory]
    [InlineData(1.23456, "1.2346")]
    [InlineData(-0.00001, "0.0000")]
    [InlineData(-12, "-12.0000")]
    [InlineData(1e15, "1000000000000000.0000")]
    public void Fixed_numbers_keep_their_decimals(double value, string expected) => Assert.Equal(expected, Fixed(value, 4));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.5, "0.5")]
    [InlineData(123456789, "123456789")]
    [InlineData(0.000012345678, "0.0000123457")]
    [InlineData(-99.99999999, "-100")]
    [InlineData(1e-40, "0")]
    public void Significant_numbers_have_no_needless_zeros(double value, string expected) => Assert.Equal(expected, Significant(value, 6));

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void What_is_not_finite_has_no_text(double value)
    {
        Assert.Equal("", Fixed(value, 4));
        Assert.Equal("", Significant(value, 6));
    }

    [Fact]
    public void Reading_a_fixed_number_back_gives_it_to_half_a_unit_of_the_last_decimal() =>
        Gen.Select(Gen.Double[-1e9, 1e9], Gen.Int[0, 9]).Sample((value, decimals) =>
        {
            var text = Fixed(value, decimals);
            Assert.DoesNotContain('E', text);
            Assert.NotEqual("-0", text.TrimEnd('0').TrimEnd('.'));
            Assert.Equal(value, double.Parse(text, CultureInfo.InvariantCulture), (0.5 * Math.Pow(10, -decimals)) + 1e-6);
        });

    [Fact]
    public void Reading_a_significant_number_back_gives_it_to_its_precision() =>
        Gen.Select(Gen.Double[-20, 20], Gen.Bool).Sample((exponent, negative) =>
        {
            var value = Math.Pow(10, exponent) * (negative ? -1 : 1);
            var text = Significant(value, 6);
            Assert.DoesNotContain('E', text);
            Assert.False(text.Contains('.', StringComparison.Ordinal) && text.EndsWith('0'));
            Assert.Equal(1, double.Parse(text, CultureInfo.InvariantCulture) / value, 5.0001e-6);
        });

    [Fact]
    public void Any_number_at_all_fits_and_parses_or_is_empty() =>
        Gen.Double.Sample(value =>
        {
            foreach (var text in new[] { Fixed(value, 6), Significant(value, 8) })
            {
                Assert.True(double.IsFinite(value) ? double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _) : text.Length == 0);
            }
        });

    private static string Fixed(double value, int decimals)
    {
        var bytes = new byte[NumberText.MaxLength];
        return Encoding.UTF8.GetString(bytes, 0, NumberText.Fixed(value, decimals, bytes));
    }

    private static string Significant(double value, int digits)
    {
        var bytes = new byte[NumberText.MaxLength];
        return Encoding.UTF8.GetString(bytes, 0, NumberText.Significant(value, digits, bytes));
    }
}
