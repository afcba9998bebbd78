namespace LiveLtem.HardwareSim.Scenes;

/// <summary>Finds the bodies near a point: a hash grid with cells as wide as two bodies reach.</summary>
internal sealed class BodyGrid
{
    private readonly IReadOnlyList<Body> _bodies;
    private readonly double _cell;
    private readonly Dictionary<(int, int), List<int>> _cells = [];
    private readonly (int, int)[] _home;

    public BodyGrid(IReadOnlyList<Body> bodies, double cell)
    {
        _bodies = bodies;
        _cell = cell;
        _home = new (int, int)[bodies.Count];
        for (var i = 0; i < bodies.Count; i++)
        {
            _home[i] = Cell(bodies[i].XPx, bodies[i].YPx);
            List(_home[i]).Add(i);
        }
    }

    /// <summary>Indices of every body whose centre is within a cell's width, and some farther ones.</summary>
    public IEnumerable<int> Near(double x, double y)
    {
        var (cx, cy) = Cell(x, y);
        for (var j = cy - 1; j <= cy + 1; j++)
        {
            for (var i = cx - 1; i <= cx + 1; i++)
            {
                if (_cells.TryGetValue((i, j), out var list))
                {
                    foreach (var index in list)
                    {
                        yield return index;
                    }
                }
            }
        }
    }

    /// <summary>Says that a body has a new place.</summary>
    public void Moved(int index)
    {
        var cell = Cell(_bodies[index].XPx, _bodies[index].YPx);
        if (cell == _home[index])
        {
            return;
        }

        _cells[_home[index]].Remove(index);
        _home[index] = cell;
        List(cell).Add(index);
    }

    private (int, int) Cell(double x, double y) => ((int)Math.Floor(x / _cell), (int)Math.Floor(y / _cell));

    private List<int> List((int, int) cell)
    {
        if (!_cells.TryGetValue(cell, out var list))
        {
            _cells[cell] = list = [];
        }

        return list;
    }
}
