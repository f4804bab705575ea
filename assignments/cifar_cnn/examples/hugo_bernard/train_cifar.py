#!/usr/bin/env python3
# -*- coding: utf-8 -*-
"""TP convnets - Hugo Bernard
usage : python train_cifar.py --epochs 10 --lr 0.1
"""
import argparse
import time

import torch
import torch.nn as nn

from outils import Moyenne, charge_donnees, precision


class ConvNet(nn.Module):
    """Le réseau demandé : 3 convolutions, 2 couches denses"""

    def __init__(self):
        super(ConvNet, self).__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, (5, 5), stride=1, padding=2),
            nn.ReLU(),
            nn.MaxPool2d((2, 2), stride=2, padding=0),
            nn.Conv2d(32, 64, (5, 5), stride=1, padding=2),
            nn.ReLU(),
            nn.MaxPool2d((2, 2), stride=2, padding=0),
            nn.Conv2d(64, 64, (5, 5), stride=1, padding=2),
            nn.ReLU(),
            nn.MaxPool2d((2, 2), stride=2, padding=0),
        )
        self.classifier = nn.Sequential(
            nn.Linear(64 * 4 * 4, 1000),
            nn.ReLU(),
            nn.Linear(1000, 10),
            # softmax déjà dans la loss
        )

    def forward(self, input):
        bsize = input.size(0)
        output = self.features(input)
        output = output.view(bsize, -1)
        output = self.classifier(output)
        return output


def epoch(data, model, criterion, optimizer=None, device="cpu"):
    # mode évaluation si pas d'optimiseur
    model.eval() if optimizer is None else model.train()
    avg_loss, avg_top1 = Moyenne(), Moyenne()
    tic = time.time()
    for i, (x, y) in enumerate(data):
        x, y = x.to(device), y.to(device)
        if optimizer is None:
            with torch.no_grad():
                out = model(x)
                loss = criterion(out, y)
        else:
            out = model(x)
            loss = criterion(out, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        avg_loss.ajoute(loss.item(), len(y))
        avg_top1.ajoute(precision(out, y), len(y))
        if i % 200 == 0:
            print("[%s %03d/%03d] loss %.4f (%.4f)  prec %.1f" % (
                "EVAL" if optimizer is None else "TRAIN", i, len(data), loss.item(), avg_loss.valeur, avg_top1.valeur))
    print("   -> %.1fs  loss %.4f  prec %.2f %%" % (time.time() - tic, avg_loss.valeur, avg_top1.valeur))
    return avg_top1.valeur, avg_loss.valeur


def main(params):
    device = torch.device("cuda" if torch.cuda.is_available() and not params.cpu else "cpu")
    model = ConvNet().to(device)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), params.lr)
    train, test = charge_donnees(params.path, params.batch_size, params.workers)
    for i in range(params.epochs):
        print("=== EPOCH %d ===" % (i + 1))
        epoch(train, model, criterion, optimizer, device)
        epoch(test, model, criterion, device=device)


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--path', default="./data", type=str)
    parser.add_argument('--batch-size', default=128, type=int)
    parser.add_argument('--lr', default=0.1, type=float)
    parser.add_argument('--epochs', default=5, type=int)
    parser.add_argument('--workers', default=2, type=int)
    parser.add_argument('--cpu', action='store_true', help="forcer le CPU")
    args = parser.parse_args()
    main(args)
    input("Appuyez sur Entrée pour quitter...")
