namespace LiveLtem.Dose.Maps;

/// <summary>Fluence by place on the specimen: a grid of square cells that grows where the beam has been.</summary>
/// <remarks>What is laid down is shared among the cells by the area of each that was lit, so that the sum over the map is what was given, and a cell on the
/// rim of the beam holds the mean over itself. Not thread-safe.</remarks>
public sealed class FluenceMap
{
    private const int TileSide = 16;
    private readonly Dictionary<(int Column, int Row), double[]> _tiles = [];
    private readonly int _mostTiles;

    /// <summary>An empty map.</summary>
    /// <param name="cellSide">Side of a cell, in the unit of every position, > 0.</param>
    /// <param name="mostCells">Cells that it may hold: what falls outside of them then is not kept, see <see cref="IsFull"/>.</param>
    public FluenceMap(double cellSide, int mostCells)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cellSide);
        ArgumentOutOfRangeException.ThrowIfLessThan(mostCells, TileSide * TileSide);
        CellSide = cellSide;
        _mostTiles = mostCells / (TileSide * TileSide);
    }

    /// <summary>Side of a cell.</summary>
    public double CellSide { get; }

    /// <summary>Whether dose fell where there was no room for a cell any more.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Highest fluence of any cell, e-/A^2.</summary>
    public double Highest { get; private set; }

    /// <summary>Lays a uniform fluence over a rectangle.</summary>
    /// <param name="left">Its edge at the lowest x.</param>
    /// <param name="top">Its edge at the lowest y.</param>
    /// <param name="width">Its width, > 0.</param>
    /// <param name="height">Its height, > 0.</param>
    /// <param name="fluenceEPerA2">e-/A^2, >= 0.</param>
    public void Add(double left, double top, double width, double height, double fluenceEPerA2)
    {
        var (firstColumn, lastColumn) = Cells(left, width);
        var (firstRow, lastRow) = Cells(top, height);
        for (var row = firstRow; row <= lastRow; row++)
        {
            var inRow = Overlap(row, top, height) * fluenceEPerA2;
            for (var column = firstColumn; column <= lastColumn;)
            {
                // To the end of the tile at once.
                var end = Math.Min(lastColumn, (Floor(column) * TileSide) + TileSide - 1);
                if (Tile(Floor(column), Floor(row)) is { } tile)
                {
                    var line = (row - (Floor(row) * TileSide)) * TileSide;
                    for (var at = column; at <= end; at++)
                    {
                        var value = tile[line + at - (Floor(column) * TileSide)] += inRow * Overlap(at, left, width);
                        Highest = Math.Max(Highest, value);
                    }
                }

                column = end + 1;
            }
        }
    }

    /// <summary>Fluence of the cell at a place, e-/A^2; 0 where the beam never was.</summary>
    public double At(double x, double y)
    {
        var (column, row) = ((int)Math.Floor(x / CellSide), (int)Math.Floor(y / CellSide));
        return _tiles.TryGetValue((Floor(column), Floor(row)), out var tile) ? tile[((row - (Floor(row) * TileSide)) * TileSide) + column - (Floor(column) * TileSide)] : 0;
    }

    /// <summary>Centres and fluence of every cell that got any, row by row.</summary>
    public IEnumerable<(double X, double Y, double FluenceEPerA2)> Lit()
    {
        foreach (var group in _tiles.GroupBy(tile => tile.Key.Row).OrderBy(group => group.Key))
        {
            List<KeyValuePair<(int Column, int Row), double[]>> tiles = [.. group.OrderBy(tile => tile.Key.Column)];
            for (var row = 0; row < TileSide; row++)
            {
                foreach (var (key, values) in tiles)
                {
                    for (var column = 0; column < TileSide; column++)
                    {
                        if (values[(row * TileSide) + column] is > 0 and var fluence)
                        {
                            yield return (((key.Column * TileSide) + column + 0.5) * CellSide, ((key.Row * TileSide) + row + 0.5) * CellSide, fluence);
                        }
                    }
                }
            }
        }
    }

    private static int Floor(int cell) => (int)Math.Floor(cell / (double)TileSide);

    private (int First, int Last) Cells(double start, double length) => ((int)Math.Floor(start / CellSide), (int)Math.Ceiling((start + length) / CellSide) - 1);

    private double Overlap(int cell, double start, double length) =>
        Math.Max(0, Math.Min((cell + 1) * CellSide, start + length) - Math.Max(cell * CellSide, start)) / CellSide;

    private double[]? Tile(int column, int row)
    {
        if (_tiles.TryGetValue((column, row), out var tile))
        {
            return tile;
        }

        if (_tiles.Count == _mostTiles)
        {
            IsFull = true;
            return null;
        }

        return _tiles[(column, row)] = new double[TileSide * TileSide];
    }
}
